#include "storage/run_recovery.h"

#include <algorithm>
#include <utility>

#include "storage/errc.h"

namespace durable_streams::storage {
namespace {

// The ranges of the runs that count, in order; the others' paths go to
// `superseded`. Unfinished runs are removed.
Result<std::vector<SegmentRange>> find_chain(FileSystem& file_system,
                                             const std::string& directory,
                                             std::vector<std::string>& superseded) {
  const auto names = file_system.list(directory);
  if (!names) return fail(names.error());
  std::vector<SegmentRange> ranges;
  for (const std::string& name : *names) {
    if (name.ends_with(unfinished_suffix)) {
      auto removed = file_system.remove(directory + "/" + name);
      if (!removed) return fail(std::move(removed.error()));
    }
    if (const auto range = parse_run_name(name)) ranges.push_back(*range);
  }
  // Of two that begin alike the wider one comes first.
  std::sort(ranges.begin(), ranges.end(),
            [](const SegmentRange& one, const SegmentRange& other) {
              return std::pair(one.first, other.last) <
                     std::pair(other.first, one.last);
            });
  std::vector<SegmentRange> chain;
  for (const SegmentRange& range : ranges) {
    if (!chain.empty() && chain.back().holds(range)) {
      superseded.push_back(directory + "/" + run_name(range));
    } else {
      chain.push_back(range);
    }
  }
  return chain;
}

Result<RecoveredRun> take_run(const RunFile& run, LogFiles& files,
                              const RunSink& sink) {
  RecoveredRun recovered;
  recovered.header = run.header();
  recovered.id = files.add_run(run.path(), run.seed());
  recovered.file_bytes = run.file_bytes();
  const auto record_bytes = sink(run, recovered.id);
  if (!record_bytes) return fail(record_bytes.error());
  recovered.record_bytes = *record_bytes;
  return recovered;
}

}  // namespace

Result<RecoveredRuns> recover_runs(FileSystem& file_system,
                                   const std::string& directory, LogFiles& files,
                                   const RunSink& sink) {
  RecoveredRuns runs;
  const auto chain = find_chain(file_system, directory, runs.superseded);
  if (!chain) return fail(chain.error());
  for (const SegmentRange& range : *chain) {
    const auto run =
        RunFile::open(file_system, directory + "/" + run_name(range), range);
    if (!run) return fail(run.error());
    if (run->header().begin != runs.end) {
      return run->damage(0, "the run does not begin where the one before it ends");
    }
    auto replayed = take_run(*run, files, sink);
    if (!replayed) return fail(std::move(replayed.error()));
    runs.end = run->header().end;
    runs.newest_stream_ms = std::max(runs.newest_stream_ms, run->header().newest_ms);
    runs.next_stream_id = std::max(runs.next_stream_id, run->header().next_stream_id);
    runs.entries += run->trailer().entries;
    runs.chain.push_back(std::move(*replayed));
  }
  return runs;
}

}  // namespace durable_streams::storage
