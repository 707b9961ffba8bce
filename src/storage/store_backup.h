// Copies a data directory while a server may be running on it.
//
// Sealed files are never changed, so a hard link is a copy; the newest segment,
// which is still written to, is copied up to its last whole batch. The result is
// the log as it was at one moment, with every write that was acknowledged before
// the backup began. docs/decisions/0017 says why that is so.
//
// A server starts on the result as on any data directory.
#pragma once

#include <cstdint>
#include <string>

#include "base/file_system.h"
#include "storage/store_survey.h"

namespace durable_streams::storage {

struct BackupOptions {
  // Copies all files, also where they could be linked. Links share blocks with the
  // original: they protect from what happens to names, not to the disk.
  bool copy_all = false;
};

struct BackupReport {
  uint64_t linked_files = 0;
  uint64_t copied_files = 0;
  uint64_t copied_bytes = 0;
  StoreSurvey survey;  // Of the result: every byte was read.
};

// Makes `to`, which must not be there or be empty, durable and checked. FORMAT is
// written last: without it nobody takes `to` for a data directory.
//
// Errors: those of read_layout(); Errc::corruption if the original or the result
// is damaged; EEXIST; system codes. `to` is unfinished then.
[[nodiscard]] Result<BackupReport> backup_store(FileSystem& file_system,
                                                const std::string& data_dir,
                                                const std::string& to,
                                                const BackupOptions& options);

}  // namespace durable_streams::storage
