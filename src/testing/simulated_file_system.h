// A disk in memory that behaves as badly as a real one may.
//
// The model. Operations are those that change something: creating, writing,
// filling, truncating and syncing a file; making, renaming, removing and syncing
// names. They are numbered from 1.
//
//   - What is written is seen by reads at once and is in flight until a sync of
//     that file succeeds. A power cut decides the fate of what is in flight: all
//     of it is lost; or all is kept; or each sector of each write is kept or lost
//     by itself (a torn write), with sectors of 512 or 4096 bytes. A lost sector
//     holds what it held when last synced, zeros if it never was.
//   - A file's size in flight is treated likewise.
//   - A name (created, renamed, removed) is in flight until a sync of its
//     directory succeeds; lost, kept, or, when writes are torn, some first part of
//     the changes is kept: directories are journalled, so names change in order.
//   - A sync that fails makes nothing durable, and what was in flight stays so
//     for ever: no later sync of the file covers it.
//   - A power cut happens at an operation: that one and all after it fail. Its
//     own effect is in flight.
//   - A single operation can be made to fail, and the disk can be full.
//
// Not in the model: bits that rot (flip_bit() does it by hand), syncs that lie.
//
// Threads: any. Handles of before a power cut fail for ever.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/file_system.h"

namespace durable_streams::testing {

// What happens to what is in flight at a power cut.
struct Fate {
  enum class Kind { lost, kept, torn };
  Kind kind = Kind::lost;
  size_t sector_bytes = 512;  // For torn.
  uint64_t seed = 0;          // For torn: which sectors.
};

class SimulatedFileSystem final : public FileSystem {
 public:
  SimulatedFileSystem();
  ~SimulatedFileSystem() override;

  // The power fails at operation `number`, counted from now.
  void cut_power_at(uint64_t number);
  // Operation `number`, counted from now, fails with `error_number`, alone.
  void fail_at(uint64_t number, int error_number);
  // Bytes that files may take in all.
  void set_capacity(uint64_t bytes);

  // Operations so far; since the last power_on().
  uint64_t operations() const;
  bool power_is_cut() const;

  // Power is back: the disk holds what was durable, and of the rest what `fate`
  // has kept. All of that is durable now. Handles and locks of before are void.
  void power_on(const Fate& fate);

  // For damage by hand. The file must exist.
  std::string content(const std::string& path) const;
  void flip_bit(const std::string& path, uint64_t bit);
  uint64_t used_bytes() const;

  // Puts what is seen here on `other`, an unused disk, as durable.
  void copy_to(SimulatedFileSystem& other) const;

  Result<std::unique_ptr<WritableFile>> open_writable(const std::string& path,
                                                      OpenMode mode) override;
  Result<std::unique_ptr<ReadableFile>> open_readable(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<void> create_directory(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<bool> exists(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) override;

 private:
  class Disk;
  class File;
  class Lock;

  const std::shared_ptr<Disk> disk_;
};

}  // namespace durable_streams::testing
