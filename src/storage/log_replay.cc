#include "storage/log_replay.h"

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/assert.h"

namespace durable_streams::storage {
namespace {

RecordPlace place_of(const RunEntry& entry, uint32_t run) {
  RecordPlace place;
  place.segment = run;
  place.position = entry.file_position;
  place.bytes = entry.bytes;
  place.data_bytes = entry.record.data_bytes;
  return place;
}

}  // namespace

LogReplay::LogReplay(StreamTable& table, ConfigPool& configs,
                     const ReplayOptions& options)
    : parallel_entries_min_(options.parallel_entries_min) {
  DS_ASSERT(options.threads > 0);
  for (size_t i = 0; i < options.threads; ++i) {
    ConfigPool& own = i == 0 ? configs : configs_.emplace_back();
    parts_.emplace_back(table, own, i, options.threads);
  }
}

bool LogReplay::apply(const RecordView& record, const RecordPlace& place) {
  size_t taken = 0;
  for (ReplayPart& part : parts_) {
    const ReplayPart::Verdict verdict = part.apply(record, place);
    if (verdict == ReplayPart::Verdict::nonsense) return false;
    taken += verdict == ReplayPart::Verdict::taken;
  }
  return taken == 1;
}

Result<uint64_t> LogReplay::apply(const RunFile& run, uint32_t id) {
  for (ReplayPart& part : parts_)
    part.expect(run.trailer().streams);
  if (parts_.size() > 1 && run.trailer().entries >= parallel_entries_min_) {
    return apply_in_parallel(run, id);
  }
  uint64_t record_bytes = 0;
  auto done = run.for_each_entry([&](const RunEntry& entry) {
    if (entry.record.data_bytes > 0) record_bytes += entry.bytes;
    return apply(entry.record, place_of(entry, id));
  });
  if (!done) return fail(std::move(done.error()));
  return record_bytes;
}

Result<uint64_t> LogReplay::apply_in_parallel(const RunFile& run, uint32_t id) {
  struct alignas(64) Outcome {
    Result<void> done;
    uint64_t taken = 0;
    uint64_t entries = 0;
    uint64_t record_bytes = 0;  // Of all entries.
  };
  std::vector<Outcome> outcomes(parts_.size());
  on_each_part([&](size_t index) {
    Outcome outcome;
    outcome.done = run.for_each_entry([&](const RunEntry& entry) {
      ++outcome.entries;
      if (entry.record.data_bytes > 0) outcome.record_bytes += entry.bytes;
      const auto verdict = parts_[index].apply(entry.record, place_of(entry, id));
      outcome.taken += verdict == ReplayPart::Verdict::taken;
      return verdict != ReplayPart::Verdict::nonsense;
    });
    outcomes[index] = std::move(outcome);
  });
  uint64_t taken = 0;
  for (Outcome& outcome : outcomes) {
    if (!outcome.done) return fail(std::move(outcome.done.error()));
    taken += outcome.taken;
  }
  if (taken != outcomes[0].entries) {
    return run.damage(0, "it has records of streams that are not known");
  }
  return outcomes[0].record_bytes;
}

void LogReplay::on_each_part(const std::function<void(size_t index)>& work) {
  std::vector<std::thread> threads;
  size_t started = 1;
  try {
    for (; started < parts_.size(); ++started)
      threads.emplace_back(work, started);
  } catch (const std::system_error&) {
    // No more threads: this one does the rest.
  }
  work(0);
  for (size_t i = started; i < parts_.size(); ++i)
    work(i);
  for (std::thread& thread : threads)
    thread.join();
}

void LogReplay::finish(int64_t newest_stream_ms) {
  on_each_part([&](size_t index) { parts_[index].finish(newest_stream_ms); });
}

void LogReplay::count_live_bytes(const LogFiles& files) const {
  for (const ReplayPart& part : parts_) {
    for (const auto& [run, bytes] : part.live_bytes())
      files.find(run)->live_bytes += bytes;
  }
}

uint64_t LogReplay::highest_stream_id() const {
  uint64_t highest = 0;
  for (const ReplayPart& part : parts_)
    highest = std::max(highest, part.highest_stream_id());
  return highest;
}

}  // namespace durable_streams::storage
