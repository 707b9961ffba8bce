#include "testing/manual_clock.h"

namespace durable_streams::testing {

void ManualClock::advance(int64_t ms) {
  wall_ms_ += ms;
  steady_ms_ += ms;
}

void ManualClock::step_wall(int64_t ms) {
  wall_ms_ += ms;
}

}  // namespace durable_streams::testing
