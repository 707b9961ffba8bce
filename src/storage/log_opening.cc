// The opening part of LogEngine: recovery, and the new segment that follows it.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "storage/errc.h"
#include "storage/log_engine.h"
#include "storage/log_replay.h"
#include "storage/segment_scanner.h"

namespace durable_streams::storage {

Result<void> LogEngine::recover_log() {
  const int64_t started_ms = clock_.steady_ms();
  std::optional<LogReplay> replay;
  const auto recovered_runs = replay_runs(replay);
  if (!recovered_runs) return fail(recovered_runs.error());
  const RecoveredRuns& runs = *recovered_runs;
  auto recovered = recover(segment_directory_, runs.end,
                           [&](const RecordView& record, const RecordPlace& place) {
                             return replay->apply(record, place);
                           });
  if (!recovered) return fail(std::move(recovered.error()));
  RecoveredLog& log = *recovered;
  for (const RecoveredSegment& segment : log.chain) {
    files_.add_sealed(segment.sealed.number, segment.seed,
                      segment_directory_.path_of(segment.sealed.number));
  }
  log.newest_stream_ms = std::max(log.newest_stream_ms, runs.newest_stream_ms);
  stream_clock_.start_at(log.newest_stream_ms);

  supply_.emplace(segment_directory_, sizes_, log.next_segment, std::move(log.ready),
                  background_);
  auto active = take_first_segment(log);
  if (!active) return fail(std::move(active.error()));
  files_.add_active(*active, segment_directory_.path_of((*active)->number));
  writer_.emplace(std::move(*active), log.end);
  active_begin_ = log.end;
  next_stream_id_ = std::max(log.next_stream_id, runs.next_stream_id);

  // An empty batch, if nothing is to be copied: it ends the log before it where
  // recovery did.
  if (auto done = copy_survivors(log.survivors, *replay); !done) return done;
  replay->finish(log.newest_stream_ms);
  replay->count_live_bytes(files_);
  clean_up(runs, log);
  make_tidier(runs, log);
  report_ = log.report;
  report_.runs = static_cast<uint32_t>(runs.chain.size());
  report_.run_entries = runs.entries;
  report_.records += log.survivors.size();
  report_.duration_ms = clock_.steady_ms() - started_ms;
  return {};
}

// Where several threads find damage, one starts anew and names the first place.
Result<RecoveredRuns> LogEngine::replay_runs(std::optional<LogReplay>& replay) {
  for (ReplayOptions options = replay_options_;; options.threads = 1) {
    replay.emplace(table_, configs_, options);
    auto runs = recover_runs(
        segment_directory_.file_system(), directory_.run_path(), files_,
        [&](const RunFile& run, uint32_t id) { return replay->apply(run, id); });
    if (runs || options.threads == 1 || runs.error().code != Errc::corruption) {
      return runs;
    }
    replay.reset();
    table_.clear();
  }
}

// The segment in which the log goes on: it has room for the survivors.
Result<SegmentPtr> LogEngine::take_first_segment(const RecoveredLog& log) {
  uint64_t survivor_bytes = 0;
  for (const std::string& record : log.survivors)
    survivor_bytes += record.size();
  const uint64_t capacity = LogWriter::capacity_for(survivor_bytes);
  auto segment = supply_->take(capacity);
  if (!segment || *segment) return segment;

  // On a full disk the segments' own unused ends are what there is left.
  for (const auto& [number, size] : log.to_cut)
    cut_zeros(number);
  for (const uint32_t number : log.dead)
    cut_zeros(number);
  segment = supply_->take(capacity);
  if (segment && !*segment)
    return fail(system_error(ENOSPC, "make a segment in " + directory_.log_path()));
  return segment;
}

// Cuts off the zeros behind the segment's last byte. Recovery sees no difference, so
// a failure does not count.
void LogEngine::cut_zeros(uint32_t number) {
  const auto segment = segment_directory_.open(number);
  if (!segment) return;
  std::string image((*segment)->capacity, '\0');
  const auto got = (*segment)->file->read_at(0, image.data(), image.size());
  if (!got || *got != image.size()) return;
  // Records may end in zeros, a torn batch record too.
  SegmentScanner scanner(image, number, (*segment)->seed);
  while (scanner.next())
    continue;
  const uint64_t size =
      std::max<uint64_t>(scanner.position(), used_end(image) + batch_record_bytes);
  if (size < image.size() && (*segment)->file->truncate(size))
    (void)(*segment)->file->sync();
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
  durable_end_ = writer_->log_end().packed();
  return done;
}

// What no longer belongs to the log. It would do no harm, so a failure does not
// count: the next recovery finds it again.
void LogEngine::clean_up(const RecoveredRuns& runs, const RecoveredLog& log) {
  for (const std::string& path : runs.superseded)
    (void)segment_directory_.file_system().remove(path);
  for (const uint32_t number : log.dead)
    (void)segment_directory_.remove(number);
  for (const auto& [number, size] : log.to_cut) {
    const auto segment = segment_directory_.open(number);
    if (segment && (*segment)->file->truncate(size)) (void)(*segment)->file->sync();
  }
  supply_->ensure();
}

void LogEngine::make_tidier(const RecoveredRuns& runs, const RecoveredLog& log) {
  std::vector<TidySource> sources;
  for (const RecoveredRun& run : runs.chain) {
    TidySource& source = sources.emplace_back();
    source.range = run.header.range;
    source.begin = run.header.begin;
    source.end = run.header.end;
    source.bytes = run.file_bytes;
    source.record_bytes = run.record_bytes;
    source.id = run.id;
  }
  tidier_.emplace(
      std::move(tidy_options_), segment_directory_.file_system(), directory_.run_path(),
      segment_directory_, files_, table_, salt_source_,
      [this] { return LogPosition::unpack(durable_end_); }, std::move(sources));
  for (const RecoveredSegment& segment : log.chain)
    tidier_->add_sealed(segment.sealed);
}

}  // namespace durable_streams::storage
