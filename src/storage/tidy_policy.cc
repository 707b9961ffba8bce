#include "storage/tidy_policy.h"

#include <algorithm>

namespace durable_streams::storage {
namespace {

uint64_t live_bytes(const TidyFile& file) {
  return file.bytes - std::min(file.bytes, file.dead_bytes);
}

std::optional<TidyJob> choose_fold(std::span<const TidyFile> files,
                                   const TidyRules& rules) {
  const size_t first = static_cast<size_t>(
      std::find_if(files.begin(), files.end(),
                   [](const TidyFile& file) { return !file.is_run; }) -
      files.begin());
  uint64_t bytes = 0;
  size_t count = 0;
  while (first + count < files.size()) {
    const uint64_t more = files[first + count].bytes;
    if (count > 0 && bytes + more > rules.fold_bytes) break;
    bytes += more;
    ++count;
  }
  const bool more_waits = first + count < files.size();
  if (count == 0 ||
      (bytes < rules.fold_bytes / 2 && count < rules.fan_in && !more_waits)) {
    return std::nullopt;
  }
  return TidyJob{TidyJob::Kind::fold, first, count};
}

// How often a run has grown by `fan_in`.
unsigned tier_of(const TidyFile& run, const TidyRules& rules) {
  unsigned tier = 0;
  for (uint64_t size = rules.fold_bytes; size < live_bytes(run); size *= rules.fan_in)
    ++tier;
  return tier;
}

// The first `fan_in` adjacent runs of `tier` at most.
std::optional<TidyJob> choose_merge(std::span<const TidyFile> files,
                                    const TidyRules& rules, unsigned tier) {
  for (size_t first = 0; first < files.size(); ++first) {
    uint64_t bytes = 0;
    size_t count = 0;
    while (first + count < files.size() && count < rules.fan_in) {
      const TidyFile& file = files[first + count];
      if (!file.is_run || tier_of(file, rules) > tier) break;
      if (bytes + live_bytes(file) > rules.run_bytes_max) break;
      bytes += live_bytes(file);
      ++count;
    }
    if (count == rules.fan_in) return TidyJob{TidyJob::Kind::merge, first, count};
  }
  return std::nullopt;
}

std::optional<TidyJob> choose_rewrite(std::span<const TidyFile> files,
                                      const TidyRules& rules) {
  std::optional<TidyJob> chosen;
  for (size_t i = 0; i < files.size(); ++i) {
    const TidyFile& file = files[i];
    const bool worth_it = file.is_run && file.dead_bytes >= rules.dead_bytes_min &&
                          file.dead_bytes > file.bytes / 2;
    if (worth_it && (!chosen || file.dead_bytes > files[chosen->first].dead_bytes)) {
      chosen = TidyJob{TidyJob::Kind::rewrite, i, 1};
    }
  }
  return chosen;
}

}  // namespace

std::optional<TidyJob> choose_tidy_job(std::span<const TidyFile> files,
                                       const TidyRules& rules) {
  if (const auto fold = choose_fold(files, rules)) return fold;
  unsigned highest = 0;
  for (const TidyFile& file : files)
    highest = std::max(highest, tier_of(file, rules));
  for (unsigned tier = 0; tier <= highest; ++tier) {
    if (const auto merge = choose_merge(files, rules, tier)) return merge;
  }
  return choose_rewrite(files, rules);
}

}  // namespace durable_streams::storage
