#include "storage/recent_bytes.h"

#include <algorithm>
#include <utility>

#include "storage/errc.h"

namespace durable_streams::storage {

void RecentBytes::add(uint64_t position, SharedBytes bytes) {
  if (!accepts(bytes.size()) || budget_.bytes + bytes.size() > budget_.bytes_max) {
    clear();
    return;
  }
  // By halves: dropping one at a time would move all the others each time.
  if (pieces_.size() == pieces_max) drop_oldest(pieces_max / 2);
  budget_.bytes += bytes.size();
  bytes_ += bytes.size();
  pieces_.push_back({position, std::move(bytes)});
  size_t surplus = 0;
  for (uint64_t left = bytes_; left > bytes_max; ++surplus) {
    left -= pieces_[surplus].bytes.size();
  }
  if (surplus > 0) drop_oldest(surplus);
}

void RecentBytes::clear() {
  drop_oldest(pieces_.size());
}

void RecentBytes::drop_oldest(size_t count) {
  uint64_t dropped = 0;
  for (size_t i = 0; i < count; ++i)
    dropped += pieces_[i].bytes.size();
  pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(count));
  bytes_ -= dropped;
  budget_.bytes -= dropped;
}

Result<uint64_t> RecentBytes::read(uint64_t position, uint64_t page_bytes_max,
                                   std::vector<SharedBytes>& chunks) const {
  auto piece = std::lower_bound(
      pieces_.begin(), pieces_.end(), position,
      [](const Piece& one, uint64_t wanted) { return one.position < wanted; });
  if (piece == pieces_.end() || piece->position != position) {
    return fail(Errc::offset_invalid);
  }
  for (uint64_t room = page_bytes_max; piece != pieces_.end(); ++piece) {
    const uint64_t size = piece->bytes.size();
    if (size > room && !chunks.empty()) break;
    chunks.push_back(piece->bytes);
    position += size;
    room -= std::min(room, size);
  }
  return position;
}

}  // namespace durable_streams::storage
