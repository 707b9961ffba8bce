// Ends streams whose time is over, whether anybody asks for them or not.
//
// A slow walk through all streams, a few at a tick: it needs no memory per stream
// and nothing to be kept up at each append or read, as a queue of deadlines would
// (docs/decisions/0022). Readers do not depend on it: they are told 404 from the
// moment on (server/find_stream.h); it is the space that waits for the walk.
//
// Threads: tick() by one at a time, where `home` is drained. Lifetime: outlives
// what it has begun, so destroy it after `home` was drained for the last time.
#pragma once

#include <cstdint>
#include <vector>

#include "base/completion_queue.h"
#include "storage/engine.h"

namespace durable_streams::streams {

class ExpirySweep {
 public:
  // Both must outlive the object.
  ExpirySweep(storage::Engine& engine, CompletionQueue& home)
      : engine_(engine), home_(home) {}

  // Looks at the next streams, and begins to end those whose time is over.
  // Returns after how many milliseconds it wants to be called again.
  int64_t tick();

  // Streams that are being ended now.
  size_t ending() const { return ending_; }

 private:
  class Ending;

  // 20,000 streams a second cost 0.2 % of a core; a million are gone through in
  // less than a minute.
  static constexpr size_t streams_a_tick = 2000;
  static constexpr int64_t tick_ms = 100;
  static constexpr int64_t pause_ms = 1000;  // Between two walks.
  static constexpr size_t ending_max = 2 * streams_a_tick;

  storage::Engine& engine_;
  CompletionQueue& home_;
  storage::SweepPlace place_;
  std::vector<storage::StreamHandle> ended_;  // Reused.
  size_t ending_ = 0;
};

}  // namespace durable_streams::streams
