// The one door to time. Nothing else calls std::chrono's clocks, so that tests
// can replace it (testing/manual_clock.h).
//
// Threads: both methods may be called from any thread.
#pragma once

#include <cstdint>

namespace durable_streams {

class Clock {
 public:
  virtual ~Clock() = default;

  // Milliseconds since 1970-01-01 UTC. May step either way.
  virtual int64_t wall_ms() const = 0;

  // Milliseconds since some fixed moment. Never goes back, never steps.
  virtual int64_t steady_ms() const = 0;
};

// The machine's clocks. One object, never destroyed.
const Clock& system_clock();

}  // namespace durable_streams
