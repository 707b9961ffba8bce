// What a wall clock has shown at all times of the last while: the clock, but one
// that steps ahead is believed only when it has kept to it.
//
// A minimum over a sliding window, by twelfths of it. If nobody looks at the clock
// for a whole twelfth, the window begins anew.
//
// Threads: observe() by one at a time; settled_ms() from any.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "base/limits.h"

namespace durable_streams::storage {

class SettledWall {
 public:
  // The two clocks (base/clock.h) at one moment; steady time never goes back.
  void observe(int64_t steady_ms, int64_t wall_ms) {
    const int64_t slot = steady_ms / slot_ms;
    if (slot != slot_) {
      if (slot != slot_ + 1) since_ms_ = steady_ms;
      turn_to(slot);
    }
    int64_t& lowest_ms = lowest_ms_[static_cast<size_t>(slot) % slot_count];
    lowest_ms = std::min(lowest_ms, wall_ms);
    settled_ms_ = steady_ms - since_ms_ < limits::expires_at_grace_ms
                      ? INT64_MIN
                      : *std::min_element(lowest_ms_.begin(), lowest_ms_.end());
  }

  // Never more than at any observe() of the last limits::expires_at_grace_ms of
  // steady time; INT64_MIN if there were not enough of them. O(1).
  int64_t settled_ms() const { return settled_ms_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t slot_count = 13;  // One of them is not over yet.
  static constexpr int64_t slot_ms = limits::expires_at_grace_ms / 12;

  void turn_to(int64_t slot) {
    slot_ = slot;
    lowest_ms_[static_cast<size_t>(slot) % slot_count] = INT64_MAX;
  }

  int64_t slot_ = INT64_MIN;
  int64_t since_ms_ = 0;  // Each slot from then on has an observation.
  std::array<int64_t, slot_count> lowest_ms_{};  // Of each slot, by its number.
  std::atomic<int64_t> settled_ms_{INT64_MIN};
};

}  // namespace durable_streams::storage
