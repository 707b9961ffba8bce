// One piece of a store's log, a segment or a run, and a walk over all that is in
// it, sound or not. For tools that read directories.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "storage/record.h"
#include "storage/run_file.h"

namespace durable_streams::storage {

// A unit's file, open.
struct UnitFile {
  // Of a segment, and of a run whose footer can't be read.
  std::unique_ptr<ReadableFile> file;
  std::optional<RunFile> run;  // With a sound footer's table.

  const ReadableFile& bytes() const { return run ? run->file() : *file; }
};

struct StoreUnit {
  enum class Kind { segment, run, missing };
  Kind kind = Kind::segment;
  SegmentRange range;  // What it is or stands for.
  std::string name;    // Below the data directory: "log/0000000001.log". Of a
                       // missing one, as it may have been.

  std::string path;         // For open().
  bool has_footer = false;  // Of a run: its footer's table is sound.
  uint64_t file_bytes = 0;
  uint32_t seed = 0;  // Of the checksums.

  // Where the log before it ends; nullopt if that place is damaged.
  std::optional<LogPosition> begin;
  // Of a run with a footer: what its header says of `end`.
  std::optional<LogPosition> run_end;
  // Where the log goes on in the next one; nullopt for the newest segment, and
  // where the next one does not tell.
  std::optional<LogPosition> end;

  // Null: not kept open.
  std::shared_ptr<const UnitFile> kept;

  // The file that is kept, or else opens it. Of a run that was rewritten meanwhile
  // it is the newer one.
  // Errors: ENOENT if it is gone, since a run stands for it; Errc::corruption if the
  // newer run's footer is damaged; other system codes.
  [[nodiscard]] Result<std::shared_ptr<const UnitFile>> open(
      FileSystem& file_system) const;
};

// Bytes [from, to) of a unit's file.
struct UnitPiece {
  enum class Kind {
    record,     // Verifies. `head` is whole, or in runs what parse_state_meta()
                // needs of it.
    lost_data,  // A run's record; its head is known from the footer.
    bad,        // Nothing is known. `head`: what stands there if one record seems
                // to fill it; not verified.
    footer,     // Of a run, bad; no record is lost by it.
    unclear,    // Of a run without a footer: a part of that, or lost records.
  };
  Kind kind = Kind::bad;
  uint64_t from = 0;
  uint64_t to = 0;
  std::optional<RecordView> head;
};

// What a walk found out about the unit as a whole.
struct UnitSummary {
  LogPosition end;        // Where the log goes on behind it.
  int64_t oldest_ms = 0;  // Stream time of the first batch; of a run, unknown: 0.
  int64_t newest_ms = 0;
  uint64_t next_stream_id = 1;
  uint64_t torn_bytes = 0;  // Behind the end: not zero, and not the log's.

  // Of a run (run_format.h).
  uint32_t log_kib = 0;
  uint32_t written_kib = 0;
};

// Reads the whole unit, which is not missing, and gives its pieces in order to
// `visit`; a piece is valid during the call. Takes memory for a segment, of a run
// a few MiB unless its footer is bad. Errors: those of StoreUnit::open().
using UnitVisitor = std::function<void(const UnitPiece& piece)>;
[[nodiscard]] Result<UnitSummary> walk_unit(FileSystem& file_system,
                                            const StoreUnit& unit,
                                            const UnitVisitor& visit);

// The file's first `size` bytes, or all if it is shorter.
[[nodiscard]] Result<std::string> read_file_start(const ReadableFile& file,
                                                  uint64_t size);

// Makes `to`, a new file, of all that `from` holds, and syncs it; the name is the
// caller's to sync. Returns how many bytes. Errors: system codes.
[[nodiscard]] Result<uint64_t> copy_file(FileSystem& file_system,
                                         const ReadableFile& from,
                                         const std::string& to);

// The bytes of a segment's log. Of the newest segment: all whole batches, and
// whatever lies before a place that is known to be durable.
struct SegmentImage {
  std::string bytes;  // From the file's beginning.
  uint64_t torn_bytes = 0;
};
// `file` is the segment's.
[[nodiscard]] Result<SegmentImage> read_segment(const StoreUnit& segment,
                                                const ReadableFile& file);

}  // namespace durable_streams::storage
