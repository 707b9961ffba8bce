// A simulated disk for a process with few descriptors.
//
// Threads: one.
#pragma once

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "testing/simulated_file_system.h"

namespace durable_streams::storage {

// Counts the files that are open for reading, and has no more than it is given.
class CountingFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<ReadableFile>> open_readable(
      const std::string& path) override {
    if (open >= descriptors) return fail(system_error(EMFILE, "open " + path));
    auto file = disk.open_readable(path);
    if (!file) return file;
    ++open;
    ++opened;
    return std::make_unique<File>(std::move(*file), open);
  }

  Result<std::unique_ptr<WritableFile>> open_writable(const std::string& path,
                                                      OpenMode mode) override {
    return disk.open_writable(path, mode);
  }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    return disk.list(directory);
  }
  Result<void> create_directory(const std::string& path) override {
    return disk.create_directory(path);
  }
  Result<void> sync_directory(const std::string& path) override {
    return disk.sync_directory(path);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    return disk.rename(from, to);
  }
  Result<void> link(const std::string& from, const std::string& to) override {
    return disk.link(from, to);
  }
  Result<void> remove(const std::string& path) override { return disk.remove(path); }
  Result<bool> exists(const std::string& path) override { return disk.exists(path); }
  Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) override {
    return disk.try_lock(path);
  }

  testing::SimulatedFileSystem disk;
  size_t descriptors = 100;
  size_t open = 0;
  size_t opened = 0;  // In all.

 private:
  class File final : public ReadableFile {
   public:
    File(std::unique_ptr<ReadableFile> file, size_t& open_files)
        : file_(std::move(file)), open_files_(open_files) {}
    ~File() override { --open_files_; }
    Result<size_t> read_at(uint64_t position, char* into, size_t size) const override {
      return file_->read_at(position, into, size);
    }
    Result<uint64_t> size() const override { return file_->size(); }

   private:
    const std::unique_ptr<ReadableFile> file_;
    size_t& open_files_;
  };
};

}  // namespace durable_streams::storage
