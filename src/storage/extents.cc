#include "storage/extents.h"

#include <algorithm>

#include "base/assert.h"

namespace durable_streams::storage {

void Extents::add(uint64_t position, const RecordPlace& place) {
  if (!extents_.empty()) {
    Extent& last = extents_.back();
    DS_ASSERT(last.end() == position);
    const uint64_t bytes = uint64_t{place.position} + place.bytes - last.file_position;
    if (last.segment == place.segment && last.file_end() == place.previous_end &&
        bytes <= extent_bytes_max) {
      last.file_bytes = static_cast<uint32_t>(bytes);
      last.data_bytes += place.data_bytes;
      return;
    }
  }
  extents_.push_back(
      {position, place.segment, place.position, place.bytes, place.data_bytes});
}

size_t Extents::index_of(uint64_t position) const {
  const auto found = std::upper_bound(
      extents_.begin(), extents_.end(), position,
      [](uint64_t wanted, const Extent& one) { return wanted < one.end(); });
  return static_cast<size_t>(found - extents_.begin());
}

}  // namespace durable_streams::storage
