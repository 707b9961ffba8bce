#include "storage/page_rules.h"

#include <algorithm>

namespace durable_streams::storage {

bool is_boundary(uint64_t position, uint64_t size,
                 std::span<const uint32_t> boundaries) {
  if (position == 0 || position == size) return true;
  return std::binary_search(boundaries.begin(), boundaries.end(), position);
}

uint64_t bytes_to_take(uint64_t position, uint64_t size,
                       std::span<const uint32_t> boundaries, uint64_t room,
                       bool must_grow) {
  if (size - position <= room) return size - position;
  const auto beyond =
      std::upper_bound(boundaries.begin(), boundaries.end(), position + room);
  if (beyond != boundaries.begin()) {
    const uint64_t last_fitting = *std::prev(beyond);
    if (last_fitting > position) return last_fitting - position;
  }
  if (!must_grow) return 0;
  return (beyond == boundaries.end() ? size : *beyond) - position;
}

}  // namespace durable_streams::storage
