// Where a stream's bytes are: adjacent records of that stream in segments and runs.
//
// Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "storage/log_writer.h"

namespace durable_streams::storage {

// In the file: whole records of one stream, with batch records in between; the
// first byte is a record's. In the stream: the bytes of their data.
struct Extent {
  uint64_t position = 0;  // In the stream.
  uint32_t segment = 0;   // Or run: the file's id (log_files.h).
  uint32_t file_position = 0;
  uint32_t file_bytes = 0;
  uint32_t data_bytes = 0;

  uint64_t end() const { return position + data_bytes; }
  uint64_t file_end() const { return uint64_t{file_position} + file_bytes; }

  friend bool operator==(const Extent&, const Extent&) = default;
};

// Records are merged into extents up to this size, so that looking for a
// position inside one is short: at most this much is read to find it. An extent
// costs 24 bytes of memory, 0.15 % of what it describes.
inline constexpr uint32_t extent_bytes_max = 16 * 1024;

// The extents of one stream, in order; adjacent in the stream, from its earliest
// offset on.
//
// One pointer: to nothing; to a block of up to 15 short extents, 12 bytes each,
// that begin at the stream's first byte; or to a vector.
class Extents {
 public:
  Extents() = default;
  Extents(const Extents&) = delete;
  Extents& operator=(const Extents&) = delete;
  ~Extents() { clear(); }

  // A record's data, at `position` of the stream; follows what is there.
  void add(uint64_t position, const RecordPlace& place);

  // Puts `extents`, in order, in the place of those that hold [from, to): none
  // reaches over either end, and the new ones do not either. They may leave out
  // what is before the stream's earliest offset.
  // O(size()).
  void replace(uint64_t from, uint64_t to, std::span<const Extent> extents);

  // Appends to `out` those that hold bytes of [from, to), until they hold
  // `bytes_max` bytes or more. O(log n + found).
  template <class Container>
  void find(uint64_t from, uint64_t to, uint64_t bytes_max, Container& out) const {
    uint64_t found = 0;
    const auto take = [&](const Extent& extent) {
      if (extent.position >= to || found >= bytes_max) return false;
      found += extent.end() - std::max(extent.position, from);
      out.push_back(extent);
      return true;
    };
    if (const std::vector<Extent>* const many = many_extents()) {
      for (size_t i = index_of(*many, from); i < many->size(); ++i) {
        if (!take((*many)[i])) return;
      }
      return;
    }
    uint64_t position = 0;
    for (size_t i = 0; i < few(); ++i) {
      const Extent extent = block()[i].at(position);
      position = extent.end();
      if (position > from && !take(extent)) return;
    }
  }

  void clear();
  size_t size() const {
    const std::vector<Extent>* const many = many_extents();
    return many != nullptr ? many->size() : few();
  }
  std::vector<Extent> all() const;

 private:
  // An extent of a block: its position is the end of the one before it.
  struct Short {
    uint32_t segment;
    uint32_t file_position;
    uint16_t file_bytes;
    uint16_t data_bytes;

    Extent at(uint64_t position) const {
      return {position, segment, file_position, file_bytes, data_bytes};
    }
  };
  static_assert(sizeof(Short) == 12);

  static constexpr uintptr_t count_mask = 15;  // Blocks are aligned to 16 bytes.

  size_t few() const { return word_ & count_mask; }
  Short* block() const { return reinterpret_cast<Short*>(word_ & ~count_mask); }
  std::vector<Extent>* many_extents() const {
    return few() == 0 ? reinterpret_cast<std::vector<Extent>*>(word_) : nullptr;
  }
  // The first that ends behind `position`.
  static size_t index_of(const std::vector<Extent>& extents, uint64_t position);
  void push(const Extent& extent);

  uintptr_t word_ = 0;  // Low bits: the number of extents of a block, or 0.
};

}  // namespace durable_streams::storage
