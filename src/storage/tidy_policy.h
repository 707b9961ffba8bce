// What to tidy next.
//
//   fold     Sealed segments become a run, once there is enough of them: this
//            bounds what a restart must read of the log.
//   merge    Adjacent runs of like size become one, `fan_in` at a time, so that a
//            byte is written once for each power of `fan_in` that its run
//            has grown by: this bounds the number of runs, and of a stream's
//            extents, and lets the end of a stream meet its beginning.
//   rewrite  A run whose bytes are mostly dead is written anew without them.
//
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace durable_streams::storage {

struct TidyRules {
  // Sealed segments are folded up to this size at a time; half of it is enough to
  // begin, or `fan_in` files. Runs up to this size count as equally small.
  uint64_t fold_bytes = 64 * 1024 * 1024;

  size_t fan_in = 4;

  // Merging makes no run larger than this.
  uint64_t run_bytes_max = 1024 * 1024 * 1024;

  // Fewer dead bytes are not worth a rewrite.
  uint64_t dead_bytes_min = 1024 * 1024;
};

// A sealed segment or a run, as the policy sees it.
struct TidyFile {
  bool is_run = false;
  uint64_t bytes = 0;
  uint64_t dead_bytes = 0;
};

struct TidyJob {
  enum class Kind { fold, merge, rewrite };
  Kind kind = Kind::fold;
  size_t first = 0;  // Of the files, and how many.
  size_t count = 0;
};

// `files` in the order of the log: runs, then segments. nullopt: all is tidy.
std::optional<TidyJob> choose_tidy_job(std::span<const TidyFile> files,
                                       const TidyRules& rules);

}  // namespace durable_streams::storage
