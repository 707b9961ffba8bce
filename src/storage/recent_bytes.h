// The newest payloads of a stream that is watched, so that a live delivery needs
// no disk and no copy.
//
// Not thread-safe: guarded by the stream's shard mutex.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/shared_bytes.h"

namespace durable_streams::storage {

class RecentBytes {
 public:
  // Bytes that all of an engine's streams keep together.
  struct Budget {
    explicit Budget(uint64_t total_bytes_max) : bytes_max(total_bytes_max) {}
    const uint64_t bytes_max;
    std::atomic<uint64_t> bytes{0};
  };

  // `budget` must outlive the object.
  explicit RecentBytes(Budget& budget) : budget_(budget) {}
  ~RecentBytes() { clear(); }
  RecentBytes(const RecentBytes&) = delete;
  RecentBytes& operator=(const RecentBytes&) = delete;

  // One message's bytes, at `position` of the stream, behind what is there. If
  // it is too large, or the budget is used up, nothing is kept.
  void add(uint64_t position, SharedBytes bytes);
  static bool accepts(uint64_t size) { return size <= bytes_max; }

  // What lies before the next add() is not kept.
  void clear();

  bool holds(uint64_t position) const {
    return !pieces_.empty() && position >= pieces_.front().position;
  }

  // A page from `position`, which holds() and which lies before the tail;
  // returns where it ends. Errors: Errc::offset_invalid.
  [[nodiscard]] Result<uint64_t> read(uint64_t position, uint64_t page_bytes_max,
                                      std::vector<SharedBytes>& chunks) const;

 private:
  // Enough for what arrives while a reader is woken, no more.
  static constexpr uint64_t bytes_max = 128 * 1024;
  static constexpr size_t pieces_max = 256;

  struct Piece {
    uint64_t position;
    SharedBytes bytes;
  };

  void drop_oldest(size_t count);

  Budget& budget_;
  std::vector<Piece> pieces_;  // Adjacent, in order.
  uint64_t bytes_ = 0;
};

}  // namespace durable_streams::storage
