// Finds the runs at start and replays their footers.
//
//   run        Complete, since it has its name. It stands for all segments of its
//              range, and for every run inside it: those are superseded.
//   chain      The runs that are left. The first begins where the log began; each
//              other one where the one before it ends.
//   damage     Runs that overlap or leave a gap; a header or a footer that does not
//              verify. The open fails and names the place. Data is not read here:
//              it is verified by whoever reads it.
//
// Threads: one. Errors leave the directory as it was, but for unfinished files.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "storage/log_files.h"
#include "storage/recovery.h"
#include "storage/run_file.h"

namespace durable_streams::storage {

struct RecoveredRun {
  RunHeader header;
  uint32_t id = 0;  // In the LogFiles.
  uint64_t file_bytes = 0;
  uint64_t record_bytes = 0;  // Of records with data.
};

struct RecoveredRuns {
  std::vector<RecoveredRun> chain;
  LogPosition end;  // Where the log goes on; all zeros if there are no runs.
  int64_t newest_stream_ms = 0;
  uint64_t next_stream_id = 1;
  std::vector<std::string> superseded;  // Paths, to be removed.
  uint64_t entries = 0;                 // Replayed.
};

// Takes a run, whose id in the LogFiles is `id`: its records' heads come in the order
// of the log but for records of different streams. Returns how many bytes its records
// with data have; an error ends it all.
using RunSink = std::function<Result<uint64_t>(const RunFile& run, uint32_t id)>;

// Adds the runs of `directory` to `files` and gives them to `sink`, in the order of
// the log. One is open at a time.
//
// Errors: Errc::corruption, system codes.
[[nodiscard]] Result<RecoveredRuns> recover_runs(FileSystem& file_system,
                                                 const std::string& directory,
                                                 LogFiles& files, const RunSink& sink);

}  // namespace durable_streams::storage
