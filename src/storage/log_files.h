// The files that streams' bytes are in, by id: segments and runs.
//
// There may be thousands: only the segment that is written stays open; of the
// others a few, those read last. A file that was handed out stays open until its
// holder lets it go, also after it was retired and unlinked.
//
// Threads: any. A mutex is held while a file is opened, over no other I/O.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/file_system.h"
#include "storage/segment.h"

namespace durable_streams::storage {

// A segment's id is its number; runs have ids of their own, given anew at each
// start.
inline constexpr uint32_t first_run_id = uint32_t{1} << 31;

struct LogFile {
  std::string path;
  uint32_t seed = 0;  // Of the checksums of its records.

  // Of a run: bytes of records whose data some stream has.
  std::atomic<uint64_t> live_bytes{0};
};
using LogFilePtr = std::shared_ptr<LogFile>;

// A file that can be read.
struct OpenLogFile {
  LogFilePtr info;
  std::shared_ptr<const ReadableFile> file;
};

class LogFiles {
 public:
  // At most `open_max` files are kept open for reads. `file_system` must outlive
  // the object.
  LogFiles(FileSystem& file_system, size_t open_max)
      : file_system_(file_system), open_max_(open_max) {}

  // A segment that is written: it stays open until seal().
  void add_active(const SegmentPtr& segment, std::string path);
  void seal(uint32_t number);
  void add_sealed(uint32_t number, uint32_t seed, std::string path);

  // Returns its id.
  uint32_t add_run(std::string path, uint32_t seed);

  // Opens it and keeps it open until it is retired, whatever takes its name.
  // Errors: system codes.
  [[nodiscard]] Result<void> pin(uint32_t id);

  // Nothing refers to it any more.
  void retire(uint32_t id);

  // nullopt if it was retired: what was read from it is elsewhere.
  // Errors: system codes; if the process has no descriptor left, EMFILE, after
  // those kept here were given up.
  [[nodiscard]] Result<std::optional<OpenLogFile>> open(uint32_t id);

  // Null if it was retired.
  LogFilePtr find(uint32_t id) const;

 private:
  struct Entry {
    LogFilePtr info;
    std::shared_ptr<const ReadableFile> pinned;
  };
  struct Recent {
    uint32_t id;
    std::shared_ptr<const ReadableFile> file;
  };

  [[nodiscard]] Result<std::shared_ptr<const ReadableFile>> open_locked(
      uint32_t id, const std::string& path);

  FileSystem& file_system_;
  const size_t open_max_;
  mutable std::mutex mutex_;  // Guards what follows.
  std::unordered_map<uint32_t, Entry> entries_;
  std::vector<Recent> recent_;  // The one read last is the last.
  uint32_t next_run_id_ = first_run_id;
};

}  // namespace durable_streams::storage
