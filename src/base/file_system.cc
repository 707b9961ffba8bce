#include "base/file_system.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

namespace durable_streams {
namespace {

// Pieces given to one pwritev(); Linux takes 1024.
constexpr size_t pieces_per_call_max = 64;

constexpr size_t zeros_per_write = 1024 * 1024;

tl::unexpected<Error> fail_with_errno(const char* action, const std::string& path) {
  return fail(system_error(errno, std::string(action) + " " + path));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  int number() const { return number_; }

 private:
  int number_;
};

Result<Descriptor> open_descriptor(const std::string& path, int flags) {
  int number;
  do {
    number = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  } while (number < 0 && errno == EINTR);
  if (number < 0) return fail_with_errno("open", path);
  return Descriptor(number);
}

// An interrupted one has not failed: what failed would have been told of.
Result<void> sync_descriptor(int (*sync)(int), const Descriptor& descriptor,
                             const char* action, const std::string& path) {
  while (sync(descriptor.number()) != 0) {
    if (errno != EINTR) return fail_with_errno(action, path);
  }
  return {};
}

class PosixFile final : public WritableFile {
 public:
  PosixFile(Descriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Result<size_t> read_at(uint64_t position, char* into, size_t size) const override {
    size_t done = 0;
    while (done < size) {
      const ssize_t got = ::pread(descriptor_.number(), into + done, size - done,
                                  static_cast<off_t>(position + done));
      if (got == 0) break;
      if (got > 0) {
        done += static_cast<size_t>(got);
      } else if (errno != EINTR) {
        return fail_with_errno("read", path_);
      }
    }
    return done;
  }

  Result<uint64_t> size() const override {
    struct stat status;
    if (::fstat(descriptor_.number(), &status) != 0)
      return fail_with_errno("stat", path_);
    return static_cast<uint64_t>(status.st_size);
  }

  Result<void> write_at(uint64_t position,
                        std::span<const std::string_view> pieces) override {
    std::array<iovec, pieces_per_call_max> vectors;
    size_t inside = 0;  // How much of pieces.front() is written.
    while (!pieces.empty()) {
      size_t count = 0;
      for (; count < std::min(pieces.size(), vectors.size()); ++count) {
        const std::string_view piece = pieces[count].substr(count == 0 ? inside : 0);
        vectors[count] = {const_cast<char*>(piece.data()), piece.size()};
      }
      const ssize_t wrote =
          ::pwritev(descriptor_.number(), vectors.data(), static_cast<int>(count),
                    static_cast<off_t>(position));
      if (wrote < 0) {
        if (errno == EINTR) continue;
        return fail_with_errno("write", path_);
      }
      position += static_cast<uint64_t>(wrote);
      inside += static_cast<size_t>(wrote);
      while (!pieces.empty() && inside >= pieces.front().size()) {
        inside -= pieces.front().size();
        pieces = pieces.subspan(1);
      }
    }
    return {};
  }

  Result<void> sync() override {
    return sync_descriptor(::fdatasync, descriptor_, "sync", path_);
  }

  Result<void> fill_zero(uint64_t size_wanted) override {
    const auto size_now = size();
    if (!size_now) return fail(size_now.error());
    const std::string zeros(
        std::min<uint64_t>(zeros_per_write,
                           size_wanted - std::min(size_wanted, *size_now)),
        '\0');
    for (uint64_t position = *size_now; position < size_wanted;) {
      const std::string_view piece =
          std::string_view(zeros).substr(0, size_wanted - position);
      if (auto wrote = write_at(position, std::span(&piece, 1)); !wrote) return wrote;
      position += piece.size();
    }
    return {};
  }

  Result<void> truncate(uint64_t size_wanted) override {
    while (::ftruncate(descriptor_.number(), static_cast<off_t>(size_wanted)) != 0) {
      if (errno != EINTR) return fail_with_errno("truncate", path_);
    }
    return {};
  }

 private:
  const Descriptor descriptor_;
  const std::string path_;
};

class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  const Descriptor descriptor_;  // Closing it gives the lock back.
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<WritableFile>> open_writable(const std::string& path,
                                                      OpenMode mode) override {
    return open_file<WritableFile>(
        path, O_RDWR | (mode == OpenMode::create ? O_CREAT | O_EXCL : 0));
  }

  Result<std::unique_ptr<ReadableFile>> open_readable(
      const std::string& path) override {
    return open_file<ReadableFile>(path, O_RDONLY);
  }

  Result<std::vector<std::string>> list(const std::string& directory) override {
    std::error_code error;
    std::vector<std::string> names;
    std::filesystem::directory_iterator entry(directory, error);
    for (; !error && entry != std::filesystem::directory_iterator();
         entry.increment(error)) {
      names.push_back(entry->path().filename().string());
    }
    if (error) return fail(error, "list " + directory);
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<void> create_directory(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return fail(error, "create directory " + path);
    return {};
  }

  Result<void> sync_directory(const std::string& path) override {
    const auto directory = open_descriptor(path, O_RDONLY | O_DIRECTORY);
    if (!directory) return fail(directory.error());
    return sync_descriptor(::fsync, *directory, "sync directory", path);
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) {
      return fail_with_errno("rename", from + " to " + to);
    }
    return {};
  }

  Result<void> link(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) != 0) {
      return fail_with_errno("link", from + " to " + to);
    }
    return {};
  }

  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return fail_with_errno("remove", path);
    return {};
  }

  Result<bool> exists(const std::string& path) override {
    struct stat status;
    if (::stat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return fail_with_errno("stat", path);
  }

  Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) override {
    auto file = open_descriptor(path, O_RDWR | O_CREAT);
    if (!file) return fail(std::move(file.error()));
    if (::flock(file->number(), LOCK_EX | LOCK_NB) == 0) {
      return std::make_unique<PosixFileLock>(std::move(*file));
    }
    if (errno == EWOULDBLOCK) return std::unique_ptr<FileLock>();
    return fail_with_errno("lock", path);
  }

 private:
  template <class File>
  static Result<std::unique_ptr<File>> open_file(const std::string& path, int flags) {
    auto descriptor = open_descriptor(path, flags);
    if (!descriptor) return fail(std::move(descriptor.error()));
    return std::make_unique<PosixFile>(std::move(*descriptor), path);
  }
};

}  // namespace

Result<std::unique_ptr<WritableFile>> create_anew(FileSystem& file_system,
                                                  const std::string& path) {
  const auto stale = file_system.exists(path);
  if (!stale) return fail(stale.error());
  if (*stale) {
    if (auto removed = file_system.remove(path); !removed)
      return fail(std::move(removed.error()));
  }
  return file_system.open_writable(path, OpenMode::create);
}

FileSystem& posix_file_system() {
  static PosixFileSystem file_system;
  return file_system;
}

}  // namespace durable_streams
