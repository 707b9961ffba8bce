// One file of the log.
//
// A segment is made whole before it is used: filled with zeros, with its header,
// synced, and only then given its name, whose directory is synced too. So a
// commit into it overwrites space that the file system has already written, and
// a crash never leaves half a segment under a segment's name.
//
// Its number is never used again; number and salt seed the checksums in it, so
// nothing that a recycled disk block or a payload holds can pass for a record.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "storage/log_position.h"

namespace durable_streams::storage {

// Records begin here; the header stands alone in its block and is never written
// again.
inline constexpr uint32_t segment_header_bytes = 4096;

// Positions in a segment have 32 bits.
inline constexpr uint64_t segment_bytes_max = uint64_t{3} << 30;

// "0000000017.log"
std::string segment_name(uint32_t number);
std::optional<uint32_t> parse_segment_name(std::string_view name);

// The name's end of a segment that is not ready; left over only by a crash.
inline constexpr std::string_view unfinished_suffix = ".new";

// What a segment's header says.
struct SegmentHeader {
  uint32_t version = 0;
  uint32_t number = 0;
  uint32_t seed = 0;   // Of every checksum in the segment.
  bool sound = false;  // It verifies; else the above is what stands there.
};
inline constexpr size_t segment_header_used_bytes = 28;

// `bytes`: the first segment_header_used_bytes of the file, or fewer.
SegmentHeader parse_segment_header(std::string_view bytes);

struct Segment {
  uint32_t number = 0;
  uint32_t seed = 0;      // Of every checksum in it.
  uint64_t capacity = 0;  // The file's size.

  // Read by any thread; written by one at a time.
  std::unique_ptr<WritableFile> file;
};
using SegmentPtr = std::shared_ptr<Segment>;

// A segment that will not be written any more: the log's records in it lie
// before `end`, and the log goes on in the next one.
struct SealedSegment {
  uint32_t number = 0;
  LogPosition begin;  // Where the log before it ends.
  uint32_t end = 0;
};

// Makes and opens the segments of one directory.
//
// Threads: the methods may run at the same time for different segments.
class SegmentDirectory {
 public:
  // `file_system` must outlive the object. `salt_source` gives a number that
  // clients cannot guess, for each new segment.
  SegmentDirectory(FileSystem& file_system, std::string path,
                   uint64_t (*salt_source)());

  // A durable segment of `capacity` bytes with nothing in it. Errors: system
  // codes; then the number is still free.
  [[nodiscard]] Result<SegmentPtr> create(uint32_t number, uint64_t capacity);

  // The same from `zeros`, a file of this directory that holds nothing else and is
  // durable: no space is needed for it.
  [[nodiscard]] Result<SegmentPtr> adopt(const std::string& zeros, uint32_t number);

  // Errors: Errc::corruption if the header does not verify,
  // Errc::unsupported_format for a newer one, system codes.
  [[nodiscard]] Result<SegmentPtr> open(uint32_t number) const;

  // Grows an unused segment, durably.
  [[nodiscard]] Result<void> extend(Segment& segment, uint64_t capacity);

  [[nodiscard]] Result<void> remove(uint32_t number);

  const std::string& path() const { return path_; }
  std::string path_of(uint32_t number) const {
    return path_ + "/" + segment_name(number);
  }
  FileSystem& file_system() const { return file_system_; }

 private:
  [[nodiscard]] Result<SegmentPtr> finish(std::unique_ptr<WritableFile> file,
                                          uint32_t number);

  FileSystem& file_system_;
  const std::string path_;
  uint64_t (*const salt_source_)();
};

}  // namespace durable_streams::storage
