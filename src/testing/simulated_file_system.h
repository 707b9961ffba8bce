// A disk in memory that behaves as badly as a real one may.
//
// The model. Operations are those that change something: creating, writing,
// filling, truncating and syncing a file; making, renaming, removing and syncing
// names. They are numbered from 1.
//
//   - What is written is seen by reads at once and is in flight until a sync of
//     that file succeeds. A power cut decides the fate of what is in flight (Fate,
//     simulated_disk.h): all of it is lost; or all is kept; or each sector of each
//     write is kept or lost by itself (a torn write), with sectors of 512 or 4096
//     bytes; or each write is, whole, so that later ones stay without earlier
//     ones. A lost sector holds what it held when last synced, zeros if it never
//     was.
//   - A file's size in flight is treated likewise, or kept where its bytes are not
//     (the file ends in zeros).
//   - A name (created, linked, renamed, removed, of a directory too) is in flight until
//   a
//     sync of its directory succeeds; lost, kept, or, with the other fates, some
//     first part of the changes is kept: directories are journalled, so names
//     change in order.
//   - A sync that fails makes nothing durable, and what was in flight stays so
//     for ever: no later sync of the file covers it.
//   - A power cut happens at an operation: that one and all after it fail. Its
//     own effect is in flight.
//   - A process that is killed at an operation likewise, but the next one finds
//     all that was seen, and what was in flight still is.
//   - A single operation can be made to fail; a write that does has come half way.
//     The disk can be full: a write that grows a file comes as far as there is
//     room. It can be read-only. Looks (opening, reading, listing) are counted by
//     themselves and can fail too, and descriptors can run out.
//
// Not in the model: bits that rot (flip_bit() does it by hand), syncs that lie.
//
// Threads: any. Handles of before a power cut or a restart fail for ever.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "testing/simulated_disk.h"

namespace durable_streams::testing {

class SimulatedFileSystem final : public FileSystem {
 public:
  SimulatedFileSystem();
  ~SimulatedFileSystem() override;

  // The power fails at operation `number`, counted from now.
  void cut_power_at(uint64_t number);
  // Operation `number`, counted from now, fails with `error_number`, alone.
  void fail_at(uint64_t number, int error_number);
  // The same for looks.
  void fail_look_at(uint64_t number, int error_number);
  // Bytes that files may take in all.
  void set_capacity(uint64_t bytes);
  // Files and locks that may be open at once; EMFILE beyond it.
  void set_descriptor_limit(size_t count);
  // No operation passes any more: EROFS.
  void set_read_only(bool read_only);

  // Operations and looks so far; since the last power_on() or restart().
  uint64_t operations() const;
  uint64_t looks() const;
  bool power_is_cut() const;
  // What the last power cut interrupted, "write data/log/0000000001.log".
  std::string cut_operation() const;
  // Files and locks that are open.
  size_t open_descriptors() const;

  // Power is back: the disk holds what was durable, and of the rest what `fate`
  // has kept. All of that is durable now. Handles and locks of before are void.
  void power_on(const Fate& fate);
  // A new process after one that was killed: the disk holds what was seen.
  void restart();

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
  Result<void> link(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<bool> exists(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) override;

 private:
  class Handle;
  class File;
  class Lock;

  Result<InodePtr> open_existing(const std::string& path);

  // Shared with open files, so that they may outlive the file system.
  const std::shared_ptr<SimulatedDisk> disk_;
};

}  // namespace durable_streams::testing
