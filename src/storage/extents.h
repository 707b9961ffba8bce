// Where a stream's bytes are in the log: runs of adjacent records of that stream.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "storage/log_writer.h"

namespace durable_streams::storage {

// In the file: whole records of one stream, with batch records in between; the
// first byte is a record's. In the stream: the bytes of their data.
struct Extent {
  uint64_t position = 0;  // In the stream.
  uint32_t segment = 0;
  uint32_t file_position = 0;
  uint32_t file_bytes = 0;
  uint32_t data_bytes = 0;

  uint64_t end() const { return position + data_bytes; }
  uint64_t file_end() const { return uint64_t{file_position} + file_bytes; }
};

// Records are merged into extents up to this size, so that looking for a
// position inside one is short: at most this much is read to find it. An extent
// costs 24 bytes of memory, 0.15 % of what it describes.
inline constexpr uint32_t extent_bytes_max = 16 * 1024;

// The extents of one stream, adjacent in the stream, in order.
class Extents {
 public:
  // A record's data, at `position` of the stream; follows what is there.
  void add(uint64_t position, const RecordPlace& place);

  // Appends to `out` those that hold bytes of [from, to), until they hold
  // `bytes_max` bytes or more. O(log n + found).
  template <class Container>
  void find(uint64_t from, uint64_t to, uint64_t bytes_max, Container& out) const {
    uint64_t found = 0;
    for (size_t i = index_of(from); i < extents_.size(); ++i) {
      const Extent& extent = extents_[i];
      if (extent.position >= to || found >= bytes_max) return;
      found += extent.end() - std::max(extent.position, from);
      out.push_back(extent);
    }
  }

  void clear() { extents_ = {}; }
  size_t size() const { return extents_.size(); }
  const Extent& operator[](size_t index) const { return extents_[index]; }

 private:
  // The first that ends behind `position`.
  size_t index_of(uint64_t position) const;

  std::vector<Extent> extents_;
};

}  // namespace durable_streams::storage
