#include "storage/data_directory.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

#include "storage/errc.h"

namespace durable_streams::storage {
namespace {

constexpr std::string_view format_prefix = "durable-streams log ";
constexpr unsigned format_version = 2;

Result<std::unique_ptr<FileLock>> take_lock(FileSystem& file_system,
                                            const std::string& path,
                                            const LockPolicy& policy) {
  for (;;) {
    auto lock = file_system.try_lock(path);
    if (!lock) return fail(std::move(lock.error()));
    if (*lock) return std::move(*lock);
    if (!policy.wait || (policy.waiting && !policy.waiting(path))) {
      return fail(Errc::locked, path);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(policy.poll_ms));
  }
}

Result<void> write_format(FileSystem& file_system, const std::string& directory,
                          const std::string& path) {
  const std::string unfinished = path + ".new";
  auto file = create_anew(file_system, unfinished);
  if (!file) return fail(std::move(file.error()));
  const std::string text = fmt::format("{}{}\n", format_prefix, format_version);
  const std::string_view piece = text;
  if (auto done = (*file)->write_at(0, {&piece, 1}); !done) return done;
  if (auto done = (*file)->sync(); !done) return done;
  if (auto done = file_system.rename(unfinished, path); !done) return done;
  return file_system.sync_directory(directory);
}

// The version that the directory has.
Result<unsigned> read_format(FileSystem& file_system, const std::string& path) {
  const auto file = file_system.open_readable(path);
  if (!file) return fail(file.error());
  std::string text(64, '\0');
  const auto got = (*file)->read_at(0, text.data(), text.size());
  if (!got) return fail(got.error());
  text.resize(*got);

  const std::string_view line = std::string_view(text).substr(0, text.find('\n'));
  unsigned version = 0;
  const bool ours = line.starts_with(format_prefix) && line.size() < text.size();
  const char* const end = line.data() + line.size();
  const bool parsed =
      ours &&
      std::from_chars(line.data() + format_prefix.size(), end, version).ptr == end;
  if (!parsed || version == 0) {
    return fail(Errc::corruption,
                path + ": this is not a data directory's FORMAT file");
  }
  if (version > format_version) {
    return fail(Errc::unsupported_format,
                fmt::format("{}: version {}, this program knows {}", path, version,
                            format_version));
  }
  return version;
}

// A directory that this process may not look at, or that knows no sync.
bool is_not_ours(const Error& error) {
  return error.code == std::error_code(EACCES, std::system_category()) ||
         error.code == std::error_code(EINVAL, std::system_category());
}

// A log without FORMAT is a backup or a copy that was not finished.
Result<void> refuse_unfinished(FileSystem& file_system,
                               const DataDirectory& directory) {
  const auto there = file_system.exists(directory.log_path());
  if (!there) return fail(there.error());
  if (!*there) return {};
  const auto names = file_system.list(directory.log_path());
  if (!names) return fail(names.error());
  if (names->empty()) return {};
  return fail(Errc::corruption, directory.log_path() +
                                    ": there is a log, but no FORMAT beside it: an "
                                    "unfinished backup, or copied in part");
}

}  // namespace

Result<DataDirectory> DataDirectory::open(FileSystem& file_system, std::string path,
                                          const LockPolicy& policy) {
  Result<void> done = create_directories(file_system, path);
  if (!done) return fail(std::move(done.error()));
  auto lock = take_lock(file_system, path + "/LOCK", policy);
  if (!lock) return fail(std::move(lock.error()));

  const std::string format_path = path + "/FORMAT";
  const auto has_format = file_system.exists(format_path);
  if (!has_format) return fail(has_format.error());
  DataDirectory directory(std::move(path), std::move(*lock));
  unsigned version = 0;  // There is nothing.
  if (*has_format) {
    const auto read = read_format_version(file_system, directory.path_);
    if (!read) return fail(read.error());
    version = *read;
  } else {
    done = refuse_unfinished(file_system, directory);
  }
  if (done && version != format_version)
    done = file_system.create_directory(directory.log_path());
  // A copy of a log without runs may have no such directory.
  if (done) done = file_system.create_directory(directory.run_path());
  // A process that was killed may have left names that are seen and not durable.
  if (done) done = file_system.sync_directory(directory.log_path());
  if (done) done = file_system.sync_directory(directory.run_path());
  if (done) done = file_system.sync_directory(directory.path_);
  // FORMAT comes last: without it there is nothing here worth keeping, and with an
  // older one everything else is as it was.
  if (done && version != format_version)
    done = write_format(file_system, directory.path_, format_path);
  if (!done) return fail(std::move(done.error()));
  return directory;
}

std::string parent_directory(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  const size_t slash = path.find_last_of('/', end);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> create_directories(FileSystem& file_system, const std::string& path) {
  const auto is_top = [](const std::string& one) { return one == "." || one == "/"; };
  std::string there = path;
  while (!is_top(there)) {
    const auto exists = file_system.exists(there);
    if (!exists) return fail(exists.error());
    if (*exists) break;
    there = parent_directory(there);
  }
  if (auto made = file_system.create_directory(path); !made) return made;
  // All the way up: a process that was killed may have made them just before.
  bool was_there = false;
  for (std::string one = path; !is_top(one);) {
    was_there = was_there || one == there;
    one = parent_directory(one);
    auto synced = file_system.sync_directory(one);
    if (!synced && !(was_there && is_not_ours(synced.error()))) return synced;
  }
  return {};
}

Result<unsigned> read_format_version(FileSystem& file_system,
                                     const std::string& data_dir) {
  const std::string path = data_dir + "/FORMAT";
  const auto has_format = file_system.exists(path);
  if (!has_format) return fail(has_format.error());
  if (!*has_format) {
    return fail(system_error(ENOENT, data_dir + " is no data directory: FORMAT"));
  }
  const auto version = read_format(file_system, path);
  if (!version) return version;
  // FORMAT comes last, so there was one.
  const auto has_log = file_system.exists(data_dir + "/log");
  if (!has_log) return fail(has_log.error());
  if (!*has_log) {
    return fail(Errc::corruption,
                data_dir + "/log: the directory is missing, and what was in it");
  }
  return version;
}

}  // namespace durable_streams::storage
