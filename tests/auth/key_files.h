// Key files that live in memory and change when a test says so.
#pragma once

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <string>

#include "auth/es256.h"
#include "base/file_system.h"

namespace durable_streams::auth {

class KeyFiles final : public FileSystem {
 public:
  // By path; a path that other paths begin with is a directory.
  std::map<std::string, std::string> files;

  Result<std::unique_ptr<ReadableFile>> open_readable(
      const std::string& path) override {
    const auto found = files.find(path);
    if (found == files.end()) return fail(system_error(ENOENT, "open " + path));
    return std::make_unique<File>(found->second);
  }

  Result<std::vector<std::string>> list(const std::string& directory) override {
    if (files.count(directory) != 0)
      return fail(system_error(ENOTDIR, "list " + directory));
    std::vector<std::string> names;
    for (const auto& [path, content] : files) {
      if (path.starts_with(directory + "/"))
        names.push_back(path.substr(directory.size() + 1));
    }
    if (names.empty()) return fail(system_error(ENOENT, "list " + directory));
    return names;
  }

  Result<std::unique_ptr<WritableFile>> open_writable(const std::string&,
                                                      OpenMode) override {
    return refuse();
  }
  Result<void> create_directory(const std::string&) override { return refuse(); }
  Result<void> sync_directory(const std::string&) override { return refuse(); }
  Result<void> rename(const std::string&, const std::string&) override {
    return refuse();
  }
  Result<void> link(const std::string&, const std::string&) override {
    return refuse();
  }
  Result<void> remove(const std::string&) override { return refuse(); }
  Result<bool> exists(const std::string& path) override {
    return files.count(path) != 0;
  }
  Result<std::unique_ptr<FileLock>> try_lock(const std::string&) override {
    return refuse();
  }

 private:
  class File final : public ReadableFile {
   public:
    explicit File(std::string content) : content_(std::move(content)) {}

    Result<size_t> read_at(uint64_t position, char* into, size_t size) const override {
      const std::string_view rest = std::string_view(content_).substr(position, size);
      std::copy(rest.begin(), rest.end(), into);
      return rest.size();
    }
    Result<uint64_t> size() const override { return content_.size(); }

   private:
    const std::string content_;
  };

  static tl::unexpected<Error> refuse() { return fail(system_error(EROFS, "write")); }
};

// A key that is made once per process and name.
inline const SigningKey& test_key(const std::string& name) {
  static std::map<std::string, SigningKey> keys;
  const auto found = keys.find(name);
  if (found != keys.end()) return found->second;
  return keys.emplace(name, *SigningKey::generate()).first->second;
}

}  // namespace durable_streams::auth
