// Disk space that is kept for the time when there is no other: a file of zeros,
// log/reserve, that becomes a segment. So on a full disk streams can still be
// deleted, closed and expired, and the log can be opened, until space returns.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/segment.h"

namespace durable_streams::storage {

// Its name beside the segments.
inline constexpr std::string_view reserve_name = "reserve";

class Reserve {
 public:
  // Of `bytes`; 0: none is kept. `directory` must outlive the object.
  Reserve(SegmentDirectory& directory, uint64_t bytes);

  // How long a segment can be made of it; 0 if there is none.
  uint64_t bytes() const { return is_kept_ ? bytes_ : 0; }
  bool is_wanting() const { return bytes_ > 0 && !is_kept_; }

  // Makes the file, durably, or finds it. Errors: system codes; nothing is left
  // behind.
  [[nodiscard]] Result<void> keep();

  // Makes segment `number` of it. Errors: system codes; it may be lost then.
  [[nodiscard]] Result<SegmentPtr> spend(uint32_t number);

 private:
  bool is_there() const;

  SegmentDirectory& directory_;
  const std::string path_;
  const uint64_t bytes_;
  bool is_kept_;
};

}  // namespace durable_streams::storage
