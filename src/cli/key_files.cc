#include "cli/key_files.h"

#include <sys/stat.h>

#include <array>

namespace durable_streams::cli {
namespace {

constexpr uint64_t key_file_bytes_max = 64 * 1024;

// New files are the owner's alone while one of these lives. For one thread.
class OwnerOnly {
 public:
  explicit OwnerOnly(Secrecy secrecy) : previous_(::umask(0077)) {
    if (secrecy == Secrecy::open) ::umask(previous_);
  }
  ~OwnerOnly() { ::umask(previous_); }
  OwnerOnly(const OwnerOnly&) = delete;
  OwnerOnly& operator=(const OwnerOnly&) = delete;

 private:
  const mode_t previous_;
};

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> write_new(FileSystem& files, const std::string& path,
                       std::string_view content, Secrecy secrecy) {
  const OwnerOnly owner_only(secrecy);
  auto file = files.open_writable(path, OpenMode::create);
  if (!file) return fail(std::move(file.error()));
  const std::array pieces = {content};
  if (auto written = (*file)->write_at(0, pieces); !written) return written;
  return (*file)->sync();
}

}  // namespace

Result<void> write_key_file(FileSystem& files, const std::string& path,
                            std::string_view content, Secrecy secrecy,
                            Overwrite overwrite) {
  if (overwrite == Overwrite::no) {
    const auto exists = files.exists(path);
    if (!exists) return fail(exists.error());
    if (*exists) return fail(std::make_error_code(std::errc::file_exists), path);
  }
  // Left behind only by a crash; then its content is of no use.
  const std::string fresh = path + ".new";
  static_cast<void>(files.remove(fresh));
  if (auto written = write_new(files, fresh, content, secrecy); !written)
    return written;
  if (auto renamed = files.rename(fresh, path); !renamed) return renamed;
  return files.sync_directory(directory_of(path));
}

Result<std::string> read_key_file(FileSystem& files, const std::string& path) {
  auto file = files.open_readable(path);
  if (!file) return fail(std::move(file.error()));
  std::string content(key_file_bytes_max, '\0');
  const auto count = (*file)->read_at(0, content.data(), content.size());
  if (!count) return fail(count.error());
  content.resize(*count);
  return content;
}

}  // namespace durable_streams::cli
