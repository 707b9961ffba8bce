// A file system between whose operations something else happens: for code that
// reads a directory while its owner goes on, and to see who uses files.
//
// Threads: as `below` and `between` have it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"

namespace durable_streams::storage {

class InterleavingFileSystem final : public FileSystem {
 public:
  // `between` runs before every operation on `below`; it may use `below`. Both
  // outlive the object and its files.
  InterleavingFileSystem(FileSystem& below, std::function<void()> between)
      : below_(below), between_(std::move(between)) {}

  Result<std::unique_ptr<WritableFile>> open_writable(const std::string& path,
                                                      OpenMode mode) override {
    between_();
    auto file = below_.open_writable(path, mode);
    if (!file) return file;
    return std::make_unique<Written>(std::move(*file), between_);
  }
  Result<std::unique_ptr<ReadableFile>> open_readable(
      const std::string& path) override {
    between_();
    auto file = below_.open_readable(path);
    if (!file) return file;
    return std::make_unique<File>(std::move(*file), between_);
  }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    between_();
    return below_.list(directory);
  }
  Result<void> create_directory(const std::string& path) override {
    between_();
    return below_.create_directory(path);
  }
  Result<void> sync_directory(const std::string& path) override {
    between_();
    return below_.sync_directory(path);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    between_();
    return below_.rename(from, to);
  }
  Result<void> link(const std::string& from, const std::string& to) override {
    between_();
    return below_.link(from, to);
  }
  Result<void> remove(const std::string& path) override {
    between_();
    return below_.remove(path);
  }
  Result<bool> exists(const std::string& path) override {
    between_();
    return below_.exists(path);
  }
  Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) override {
    between_();
    return below_.try_lock(path);
  }

 private:
  class File final : public ReadableFile {
   public:
    File(std::unique_ptr<ReadableFile> below, const std::function<void()>& between)
        : below_(std::move(below)), between_(between) {}
    // In two halves, as a write may be seen.
    Result<size_t> read_at(uint64_t position, char* into, size_t size) const override {
      between_();
      const auto first = below_->read_at(position, into, size / 2);
      if (!first || *first < size / 2) return first;
      between_();
      const auto second =
          below_->read_at(position + *first, into + *first, size - *first);
      if (!second) return second;
      return *first + *second;
    }
    Result<uint64_t> size() const override { return below_->size(); }

   private:
    const std::unique_ptr<ReadableFile> below_;
    const std::function<void()>& between_;
  };

  class Written final : public WritableFile {
   public:
    Written(std::unique_ptr<WritableFile> below, const std::function<void()>& between)
        : below_(std::move(below)), between_(between) {}
    Result<size_t> read_at(uint64_t position, char* into, size_t size) const override {
      between_();
      return below_->read_at(position, into, size);
    }
    Result<uint64_t> size() const override { return below_->size(); }
    Result<void> write_at(uint64_t position,
                          std::span<const std::string_view> pieces) override {
      between_();
      return below_->write_at(position, pieces);
    }
    Result<void> sync() override {
      between_();
      return below_->sync();
    }
    Result<void> fill_zero(uint64_t size) override {
      between_();
      return below_->fill_zero(size);
    }
    Result<void> truncate(uint64_t size) override {
      between_();
      return below_->truncate(size);
    }

   private:
    const std::unique_ptr<WritableFile> below_;
    const std::function<void()>& between_;
  };

  FileSystem& below_;
  const std::function<void()> between_;
};

}  // namespace durable_streams::storage
