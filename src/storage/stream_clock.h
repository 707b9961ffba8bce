// Stream time: what TTLs are counted in (protocol/stream_state.h, Moment).
//
// It goes on where the newest stamp of the log left it and runs with the steady
// clock from there: it stands still while the server is down, and no step of
// the wall clock moves it.
//
// Threads: now() from any thread; start_at() before anybody else uses it.
// Lifetime: keeps `clock` by reference.
#pragma once

#include "base/clock.h"
#include "protocol/stream_state.h"
#include "storage/settled_wall.h"

namespace durable_streams::storage {

class StreamClock {
 public:
  explicit StreamClock(const Clock& clock)
      : clock_(clock), opened_ms_(clock.steady_ms()) {}

  // From now on the time goes on from `stream_ms`.
  void start_at(int64_t stream_ms) {
    base_ms_ = stream_ms;
    opened_ms_ = clock_.steady_ms();
  }

  protocol::Moment now() const {
    return {stream_ms(), clock_.wall_ms(), settled_wall_.settled_ms()};
  }

  // Looks at the wall clock for Moment::settled_wall_ms: to be called every few
  // seconds, by one thread at a time.
  void observe_wall() { settled_wall_.observe(clock_.steady_ms(), clock_.wall_ms()); }

  // The stream time at which this run began.
  int64_t opened_at_ms() const { return base_ms_; }
  int64_t stream_ms() const { return base_ms_ + (clock_.steady_ms() - opened_ms_); }

 private:
  const Clock& clock_;
  int64_t base_ms_ = 0;
  int64_t opened_ms_;
  SettledWall settled_wall_;
};

}  // namespace durable_streams::storage
