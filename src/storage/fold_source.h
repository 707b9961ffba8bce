// Where the records come from that are folded into a run: sealed segments of the
// log, or runs. Each gives them stream by stream, ids ascending, and a stream's
// records in the order of the log.
//
// Threads: one.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/run_file.h"
#include "storage/segment.h"
#include "storage/stream_fold.h"

namespace durable_streams::storage {

class FoldSource {
 public:
  virtual ~FoldSource() = default;

  // What the range is, for the header of the run that comes of it.
  virtual const RunHeader& range() const = 0;

  // What was written to the runs that it reads (RunTrailer::written_kib), together.
  virtual uint64_t written_kib() const { return 0; }

  // Fills `fold` with the next stream's records; false at the end.
  // Errors: Errc::corruption, which names file and position; system codes.
  [[nodiscard]] virtual Result<bool> next(StreamFold& fold) = 0;

  // The whole record of a piece, verified; valid until the next call.
  // Errors: as next().
  [[nodiscard]] virtual Result<std::string_view> read(const DataPiece& piece) = 0;
};

// Of adjacent sealed segments, which it reads at once: it takes as much memory as
// they do.
[[nodiscard]] Result<std::unique_ptr<FoldSource>> fold_segments(
    const SegmentDirectory& directory, std::span<const SealedSegment> segments);

// Of adjacent runs, in the order of the log; they must outlive it.
std::unique_ptr<FoldSource> fold_runs(std::span<const RunFile> runs);

}  // namespace durable_streams::storage
