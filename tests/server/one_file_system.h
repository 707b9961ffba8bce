// A file system that holds one file and refuses everything else.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"

namespace durable_streams {

class OneFileSystem final : public FileSystem {
 public:
  OneFileSystem(std::string path, std::string content)
      : path_(std::move(path)), content_(std::move(content)) {}

  Result<std::unique_ptr<ReadableFile>> open_readable(
      const std::string& path) override {
    if (path != path_) return fail(not_there());
    return std::make_unique<File>(content_);
  }
  Result<bool> exists(const std::string& path) override { return path == path_; }

  Result<std::unique_ptr<WritableFile>> open_writable(const std::string&,
                                                      OpenMode) override {
    return fail(not_there());
  }
  Result<std::vector<std::string>> list(const std::string&) override {
    return fail(not_there());
  }
  Result<void> create_directory(const std::string&) override {
    return fail(not_there());
  }
  Result<void> sync_directory(const std::string&) override { return fail(not_there()); }
  Result<void> rename(const std::string&, const std::string&) override {
    return fail(not_there());
  }
  Result<void> link(const std::string&, const std::string&) override {
    return fail(not_there());
  }
  Result<void> remove(const std::string&) override { return fail(not_there()); }
  Result<std::unique_ptr<FileLock>> try_lock(const std::string&) override {
    return fail(not_there());
  }

 private:
  class File final : public ReadableFile {
   public:
    explicit File(const std::string& content) : content_(content) {}
    Result<size_t> read_at(uint64_t position, char* into, size_t size) const override {
      if (position >= content_.size()) return size_t{0};
      const size_t count = std::min<size_t>(size, content_.size() - position);
      std::copy_n(content_.data() + position, count, into);
      return count;
    }
    Result<uint64_t> size() const override { return content_.size(); }

   private:
    const std::string& content_;
  };

  static std::error_code not_there() {
    return std::make_error_code(std::errc::no_such_file_or_directory);
  }

  const std::string path_;
  const std::string content_;
};

}  // namespace durable_streams
