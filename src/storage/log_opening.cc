// The opening part of LogEngine: recovery, and the new segment that follows it.
#include <algorithm>
#include <utility>

#include "storage/errc.h"
#include "storage/log_engine.h"
#include "storage/log_replay.h"

namespace durable_streams::storage {

Result<void> LogEngine::recover_log() {
  const int64_t started_ms = clock_.steady_ms();
  LogReplay replay(table_, configs_);
  auto recovered = recover(segment_directory_,
                           [&](const RecordView& record, const RecordPlace& place) {
                             return replay.apply(record, place);
                           });
  if (!recovered) return fail(std::move(recovered.error()));
  RecoveredLog& log = *recovered;
  for (const SegmentPtr& segment : log.chain)
    segments_.add(segment);
  stream_clock_.start_at(log.newest_stream_ms);

  uint64_t survivor_bytes = 0;
  for (const std::string& record : log.survivors)
    survivor_bytes += record.size();
  supply_.emplace(segment_directory_, segment_bytes_, log.next_segment,
                  std::move(log.ready), background_);
  auto active = supply_->take(LogWriter::capacity_for(survivor_bytes));
  if (!active) return fail(std::move(active.error()));
  if (!*active)
    return fail(system_error(ENOSPC, "make a segment in " + directory_.log_path()));
  segments_.add(*active);
  writer_.emplace(std::move(*active), log.end);
  next_stream_id_ = log.next_stream_id;

  // An empty batch, if nothing is to be copied: it ends the log before it where
  // recovery did.
  if (auto done = copy_survivors(log.survivors, replay); !done) return done;
  replay.finish(log.newest_stream_ms);
  clean_up(log);
  report_ = log.report;
  report_.records += log.survivors.size();
  report_.duration_ms = clock_.steady_ms() - started_ms;
  return {};
}

Result<void> LogEngine::copy_survivors(const std::vector<std::string>& survivors,
                                       LogReplay& replay) {
  writer_->begin_batch();
  for (const std::string& record : survivors)
    writer_->add_copy(record);
  const std::vector<RecordPlace> places(writer_->located().begin(),
                                        writer_->located().end());
  for (size_t i = 0; i < survivors.size(); ++i) {
    const auto record = parse_head(survivors[i]);
    if (!record || !replay.apply(*record, places[i])) {
      return fail(
          Errc::corruption,
          directory_.log_path() + ": a record at the end of the log makes no sense");
    }
  }
  next_stream_id_ = std::max(next_stream_id_.load(), replay.highest_stream_id() + 1);
  auto done = writer_->commit(stream_clock_.stream_ms(), next_stream_id_);
  if (done) done = writer_->write_mark(stream_clock_.stream_ms(), next_stream_id_);
  if (done) active_room_ = writer_->room();
  return done;
}

// What no longer belongs to the log. It would do no harm, so a failure does not
// count: the next recovery finds it again.
void LogEngine::clean_up(RecoveredLog& log) {
  for (const uint32_t number : log.dead)
    (void)segment_directory_.remove(number);
  for (const auto& [segment, size] : log.to_cut) {
    if (segment->file->truncate(size)) (void)segment->file->sync();
  }
  supply_->ensure();
}

}  // namespace durable_streams::storage
