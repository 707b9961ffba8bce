// The files that hold keys.
#pragma once

#include <string>
#include <string_view>

#include "base/file_system.h"

namespace durable_streams::cli {

enum class Overwrite { no, yes };
enum class Secrecy {
  open,    // Others may read it, as the user's umask says.
  secret,  // Only the owner may (0600).
};

// Writes a file as a whole: a crash leaves the old one, or none, or the new one.
// With Overwrite::no a file that is there is an error (std::errc::file_exists).
[[nodiscard]] Result<void> write_key_file(FileSystem& files, const std::string& path,
                                          std::string_view content, Secrecy secrecy,
                                          Overwrite overwrite);

// The content of a file of at most 64 KiB.
[[nodiscard]] Result<std::string> read_key_file(FileSystem& files,
                                                const std::string& path);

}  // namespace durable_streams::cli
