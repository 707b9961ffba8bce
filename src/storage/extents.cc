#include "storage/extents.h"

#include "base/assert.h"
#include "base/small_blocks.h"

namespace durable_streams::storage {
namespace {

// `extent` with one more record at its end, if the two are one run.
bool grow(Extent& extent, const RecordPlace& place) {
  const uint64_t bytes = uint64_t{place.position} + place.bytes - extent.file_position;
  if (extent.segment != place.segment || extent.file_end() != place.previous_end ||
      bytes > extent_bytes_max) {
    return false;
  }
  extent.file_bytes = static_cast<uint32_t>(bytes);
  extent.data_bytes += place.data_bytes;
  return true;
}

bool is_short(const Extent& extent) {
  return extent.file_bytes <= UINT16_MAX && extent.data_bytes <= UINT16_MAX;
}

}  // namespace

void Extents::add(uint64_t position, const RecordPlace& place) {
  if (std::vector<Extent>* const many = many_extents()) {
    DS_ASSERT(many->back().end() == position);
    if (grow(many->back(), place)) return;
  } else if (few() > 0) {
    uint64_t last_position = 0;
    for (size_t i = 0; i + 1 < few(); ++i)
      last_position += block()->extents()[i].data_bytes;
    Short& last = block()->extents()[few() - 1];
    Extent grown = last.at(last_position);
    DS_ASSERT(grown.end() == position);
    if (grow(grown, place)) {
      static_assert(extent_bytes_max <= UINT16_MAX);
      last.file_bytes = static_cast<uint16_t>(grown.file_bytes);
      last.data_bytes = static_cast<uint16_t>(grown.data_bytes);
      return;
    }
  }
  push({position, place.segment, place.position, place.bytes, place.data_bytes});
}

void Extents::push(const Extent& extent) {
  if (std::vector<Extent>* const many = many_extents()) {
    many->push_back(extent);
    return;
  }
  const size_t count = few();
  uint64_t end = 0;
  for (size_t i = 0; i < count; ++i)
    end += block()->extents()[i].data_bytes;
  if (count == block_extents_max || extent.position != end || !is_short(extent)) {
    std::vector<Extent> extents = all();
    extents.push_back(extent);
    clear();
    word_ = reinterpret_cast<uintptr_t>(new std::vector<Extent>(std::move(extents)));
    return;
  }
  auto* const grown = static_cast<Block*>(resize_small(count == 0 ? nullptr : block(),
                                                       Block::bytes_for(count),
                                                       Block::bytes_for(count + 1)));
  grown->count = static_cast<uint32_t>(count + 1);
  grown->extents()[count] = {extent.segment, extent.file_position,
                             static_cast<uint16_t>(extent.file_bytes),
                             static_cast<uint16_t>(extent.data_bytes)};
  word_ = reinterpret_cast<uintptr_t>(grown) + block_tag;
}

void Extents::replace(uint64_t from, uint64_t to, std::span<const Extent> extents) {
  std::vector<Extent> changed = all();
  const auto first =
      std::partition_point(changed.begin(), changed.end(),
                           [&](const Extent& one) { return one.end() <= from; });
  const auto last = std::partition_point(
      first, changed.end(), [&](const Extent& one) { return one.position < to; });
  DS_ASSERT(first == last || (first->position >= from && (last - 1)->end() <= to));
  const auto place = changed.erase(first, last);
  changed.insert(place, extents.begin(), extents.end());
  clear();
  for (const Extent& one : changed)
    push(one);
}

std::vector<Extent> Extents::all() const {
  std::vector<Extent> extents;
  extents.reserve(size());
  for_each([&](const Extent& extent) { extents.push_back(extent); });
  return extents;
}

size_t Extents::index_of(const std::vector<Extent>& extents, uint64_t position) {
  const auto found =
      std::partition_point(extents.begin(), extents.end(),
                           [&](const Extent& one) { return one.end() <= position; });
  return static_cast<size_t>(found - extents.begin());
}

void Extents::clear() {
  if (has_block()) {
    release_small(block());
  } else {
    delete many_extents();
  }
  word_ = 0;
}

}  // namespace durable_streams::storage
