// Reads the log at start, from where runs leave off (run_recovery.h): decides what
// is the log, what a crash has torn, and what is damage.
//
//   chain    The segments that are the log. The first batch of each says where
//            the log before it ends (`continues`): what lies behind that place is
//            not the log's, whatever it looks like. The first of the chain
//            continues where the newest run ends.
//   tail     In the newest segment: from the first bad byte on, if nothing says
//            that it was ever durable. It is discarded and counted.
//   damage   A bad byte that was durable: before a `continues`, or before the
//            highest `synced_through`. The open fails and names the place.
//
// Whole records above the highest synced_through may sit in the page cache only.
// They are kept, and copied to a new segment that is synced before anybody sees
// them, so nothing that recovery has cut, or kept, can change at the next crash.
//
// Threads: one. Errors leave the directory as it was, but for unfinished files.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "storage/log_writer.h"
#include "storage/record.h"
#include "storage/segment.h"

namespace durable_streams::storage {

// What was found, for the log and for tests.
struct RecoveryReport {
  uint32_t runs = 0;
  uint64_t run_entries = 0;  // Replayed from their footers.
  uint32_t segments = 0;
  uint64_t records = 0;         // Replayed.
  uint64_t copied_records = 0;  // Kept from above synced_through.
  uint64_t torn_records = 0;    // Known to be missing from the last batch.
  uint64_t torn_bytes = 0;      // Not zero, and discarded.
  int64_t duration_ms = 0;
};

// Takes the log's records, but batch records, in order. A false return: the
// record makes no sense here, and the open fails.
using RecordSink =
    std::function<bool(const RecordView& record, const RecordPlace& place)>;

// A segment that holds replayed records: the log's up to `sealed.end`.
struct RecoveredSegment {
  SealedSegment sealed;
  uint32_t seed = 0;
};

struct RecoveredLog {
  std::vector<RecoveredSegment> chain;
  std::vector<std::string> survivors;  // Whole records, to be copied.
  LogPosition end;                     // Where the log ends, without survivors.
  int64_t newest_stream_ms = 0;
  uint64_t next_stream_id = 1;
  uint32_t next_segment = 1;
  SegmentPtr ready;            // Made by an earlier run and not used.
  std::vector<uint32_t> dead;  // To be removed once `end` is continued.
  std::vector<std::pair<uint32_t, uint32_t>> to_cut;  // Number, size; likewise.
  RecoveryReport report;
};

// Replays all of the log behind `covered`, where the newest run ends, but the
// survivors into `sink`. Keeps no file open but `ready`.
//
// Errors: Errc::corruption, Errc::unsupported_format, system codes.
[[nodiscard]] Result<RecoveredLog> recover(SegmentDirectory& directory,
                                           LogPosition covered, const RecordSink& sink);

}  // namespace durable_streams::storage
