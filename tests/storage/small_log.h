// A log that tests drive by hand: without threads, and with segments and runs so
// small that a little fills several.
#pragma once

#include <string>
#include <utility>

#include "storage/log_engine.h"

namespace durable_streams::storage {

// Guessable, so that every run is the same.
inline uint64_t plain_salt() {
  return 42;
}

inline constexpr TidyRules small_rules{.fold_bytes = 8 * 1024,
                                       .fan_in = 3,
                                       .run_bytes_max = 1024 * 1024,
                                       .dead_bytes_min = 512};

// Both must outlive the engine.
inline LogOptions small_log(FileSystem& disk, const Clock& clock,
                            std::string data_dir = "data") {
  return {.data_dir = std::move(data_dir),
          .file_system = disk,
          .clock = clock,
          .segment_bytes = 8 * 1024,
          .tidying = {.rules = small_rules},
          .background = false,
          .salt_source = plain_salt};
}

}  // namespace durable_streams::storage
