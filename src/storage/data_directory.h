// The directory that an engine owns: its lock and its format file.
//
//   FORMAT   one line, "durable-streams log 2"; a newer version is refused, one of
//            version 1, which had no runs, becomes version 2 when it is opened
//   LOCK     held with flock while an engine has the directory open
//   log/     the segments
//   run/     the runs
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/file_system.h"

namespace durable_streams::storage {

// How to treat a directory that another process owns.
struct LockPolicy {
  // Wait until it is free (a deploy that starts the new server before the old
  // one has ended), or fail at once.
  bool wait = true;

  // Called before each wait with the lock's path: says so, once, and may end it
  // all with false. May be empty.
  std::function<bool(const std::string& path)> waiting;

  // Between two tries.
  int64_t poll_ms = 50;
};

class DataDirectory {
 public:
  // Locks `path`, making it if it is missing; all of it durable.
  //
  // Errors: Errc::locked, Errc::unsupported_format, Errc::corruption (not a data
  // directory), system codes.
  [[nodiscard]] static Result<DataDirectory> open(FileSystem& file_system,
                                                  std::string path,
                                                  const LockPolicy& policy);

  std::string log_path() const { return path_ + "/log"; }
  std::string run_path() const { return path_ + "/run"; }

 private:
  DataDirectory(std::string path, std::unique_ptr<FileLock> lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  std::unique_ptr<FileLock> lock_;
};

// The directory that `path` is in.
std::string parent_directory(const std::string& path);

// Makes `path` and what is missing above it, and makes the names durable that lead
// to it. Where a directory that was there before can't be synced for want of a
// permission, it is whoever made it who answers for its name.
[[nodiscard]] Result<void> create_directories(FileSystem& file_system,
                                              const std::string& path);

// The format version of a directory that is there, whoever owns it. Errors:
// Errc::unsupported_format, Errc::corruption (not a data directory's FORMAT file, or
// no log beside it), ENOENT where there is none, other system codes.
[[nodiscard]] Result<unsigned> read_format_version(FileSystem& file_system,
                                                   const std::string& data_dir);

}  // namespace durable_streams::storage
