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
// One pointer: to nothing; to a block of up to 15 short extents, 4 bytes and 12 for
// each, that begin at the stream's first byte; or to a vector.
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
      const Extent extent = block()->extents()[i].at(position);
      position = extent.end();
      if (position > from && !take(extent)) return;
    }
  }

  // In order.
  template <class Visit>
  void for_each(const Visit& visit) const {
    if (const std::vector<Extent>* const many = many_extents()) {
      for (const Extent& extent : *many)
        visit(extent);
      return;
    }
    uint64_t position = 0;
    for (size_t i = 0; i < few(); ++i) {
      const Extent extent = block()->extents()[i].at(position);
      position = extent.end();
      visit(extent);
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

  // The extents lie behind it.
  struct Block {
    uint32_t count;

    Short* extents() { return reinterpret_cast<Short*>(this + 1); }
    static constexpr size_t bytes_for(size_t count) {
      return sizeof(Block) + count * sizeof(Short);
    }
  };
  static constexpr size_t block_extents_max = 15;
  static constexpr uintptr_t block_tag = 1;

  bool has_block() const { return (word_ & block_tag) != 0; }
  Block* block() const { return reinterpret_cast<Block*>(word_ - block_tag); }
  size_t few() const { return has_block() ? block()->count : 0; }
  std::vector<Extent>* many_extents() const {
    return has_block() ? nullptr : reinterpret_cast<std::vector<Extent>*>(word_);
  }
  // The first that ends behind `position`.
  static size_t index_of(const std::vector<Extent>& extents, uint64_t position);
  void push(const Extent& extent);

  uintptr_t word_ = 0;  // Null, a block's address + block_tag, or a vector's.
};

}  // namespace durable_streams::storage
