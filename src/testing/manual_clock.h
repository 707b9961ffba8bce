// A clock that moves only when a test says so.
//
// Threads: any; the values are atomic.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace durable_streams::testing {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(int64_t wall_ms = 1'750'000'000'000,
                       int64_t steady_ms = 1'000'000)
      : wall_ms_(wall_ms), steady_ms_(steady_ms) {}

  int64_t wall_ms() const override { return wall_ms_; }
  int64_t steady_ms() const override { return steady_ms_; }

  // Time passes: both clocks move on.
  void advance(int64_t ms);

  // Somebody sets the wall clock, either way; steady time goes on as it was.
  void step_wall(int64_t ms);

 private:
  std::atomic<int64_t> wall_ms_;
  std::atomic<int64_t> steady_ms_;
};

}  // namespace durable_streams::testing
