// Which files of a data directory are its log, in order, and how they join.
//
// For tools: reads only, takes no lock, and copes with a server that writes,
// seals, tidies and removes files meanwhile. What is found holds every write that
// was acknowledged before: files are never changed once they are sealed, names
// tell what files hold and are never used twice, and the chain of `continues`
// proves that none is missing. If one is, the directory is read again, until two
// listings agree: then it is damage.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "storage/store_unit.h"

namespace durable_streams::storage {

// What a tool has to say of one stream at a damaged place: bytes [from, to) of it
// are lost; nothing is known of the bytes if both are 0.
struct StreamLoss {
  uint64_t stream_id = 0;
  std::string path;  // Empty: not known.
  uint64_t from = 0;
  uint64_t to = 0;
  bool ended = false;  // The stream's end is what was lost.
};

// Bytes [from, to) of a file are bad; `to` is 0 if nobody knows how many.
struct Damage {
  std::string file;  // Below the data directory: "log/0000000001.log".
  uint64_t from = 0;
  uint64_t to = 0;
  std::string what;  // A clause: "the file is missing".
  std::vector<StreamLoss> streams;
};

struct StoreLayout {
  unsigned format_version = 0;
  std::vector<StoreUnit> units;     // In the order of the log.
  std::vector<Damage> damage;       // Of headers and of how units join.
  std::vector<std::string> unused;  // Made ahead, or left by a crash.
  uint64_t unused_bytes = 0;
  uint64_t reserve_bytes = 0;  // Kept for a full disk (reserve.h).
};

// Keeps the files of the newest `kept_max` units open: whatever the server does,
// these can be read. Others may be gone when they are opened.
//
// Errors: Errc::unsupported_format, Errc::corruption (not a data directory),
// system codes. Damage is none.
[[nodiscard]] Result<StoreLayout> read_layout(FileSystem& file_system,
                                              const std::string& data_dir,
                                              size_t kept_max = SIZE_MAX);

// Whether a file of the layout has gone meanwhile.
bool is_missing(const Error& error);

}  // namespace durable_streams::storage
