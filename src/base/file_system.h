// The one door to disks. Nothing else calls open, pread, fdatasync …, so that
// tests can replace it (testing/simulated_file_system.h).
//
// Threads: a FileSystem may be used from any thread. A file handle may be used
// by several threads at once only for read_at(); writes and syncs of one file
// come from one thread at a time.
//
// Durability: bytes and directory entries survive a crash of the machine only
// after the sync that covers them returned success. After a failed sync nobody
// knows what is on the disk: never retry it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace durable_streams {

class ReadableFile {
 public:
  virtual ~ReadableFile() = default;

  // Reads until `size` bytes or the end of the file; returns how many. Handles
  // EINTR and short reads. Errors: system codes.
  [[nodiscard]] virtual Result<size_t> read_at(uint64_t position, char* into,
                                               size_t size) const = 0;
  [[nodiscard]] virtual Result<uint64_t> size() const = 0;
};

class WritableFile : public ReadableFile {
 public:
  // Writes all pieces, one behind the other, at `position`; handles EINTR and
  // short writes. An error leaves any part of them written.
  [[nodiscard]] virtual Result<void> write_at(
      uint64_t position, std::span<const std::string_view> pieces) = 0;

  // Makes what was written before durable: data, and the size if it grew
  // (fdatasync).
  [[nodiscard]] virtual Result<void> sync() = 0;

  // Extends the file with zeros up to `size` by writing them. No effect if it is
  // that long.
  [[nodiscard]] virtual Result<void> fill_zero(uint64_t size) = 0;

  // Cuts the file off behind `size` bytes. sync() makes it durable.
  [[nodiscard]] virtual Result<void> truncate(uint64_t size) = 0;
};

// Held until destroyed, or until the process ends.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class OpenMode {
  create,      // Must not exist; read and write.
  read_write,  // Must exist.
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  [[nodiscard]] virtual Result<std::unique_ptr<WritableFile>> open_writable(
      const std::string& path, OpenMode mode) = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<ReadableFile>> open_readable(
      const std::string& path) = 0;

  // Names in a directory, without "." and "..", sorted.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(
      const std::string& directory) = 0;
  // Also makes missing parents; an existing directory is fine.
  [[nodiscard]] virtual Result<void> create_directory(const std::string& path) = 0;
  // Makes creations, renames and removals in `path` durable.
  [[nodiscard]] virtual Result<void> sync_directory(const std::string& path) = 0;
  [[nodiscard]] virtual Result<void> rename(const std::string& from,
                                            const std::string& to) = 0;
  // Gives the file `from` a second name (a hard link); `to` must not exist. Both
  // show the same bytes from then on; the file stays until both are removed.
  // Errors: EXDEV for another file system, EPERM where there are no hard links.
  [[nodiscard]] virtual Result<void> link(const std::string& from,
                                          const std::string& to) = 0;
  [[nodiscard]] virtual Result<void> remove(const std::string& path) = 0;
  [[nodiscard]] virtual Result<bool> exists(const std::string& path) = 0;

  // An exclusive lock on a file, made if missing (flock). Null if another
  // process holds it; never waits.
  [[nodiscard]] virtual Result<std::unique_ptr<FileLock>> try_lock(
      const std::string& path) = 0;
};

// Creates `path` in place of what a crash may have left there. For files that get
// their true name once they are whole.
[[nodiscard]] Result<std::unique_ptr<WritableFile>> create_anew(
    FileSystem& file_system, const std::string& path);

// The machine's file system. One object, never destroyed.
FileSystem& posix_file_system();

}  // namespace durable_streams
