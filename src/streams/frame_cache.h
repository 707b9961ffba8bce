// SSE frames of one stream's newest data, encoded once and shared by all its
// readers on a thread.
//
// A thousand readers at the same position cost one read and one encoding; a
// delivery is then one send. Readers elsewhere get frames of their own.
// Not thread-safe: belongs to one I/O thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/shared_bytes.h"
#include "protocol/offset.h"
#include "storage/engine.h"

namespace durable_streams::streams {

// One or more SSE events that take a reader from where it is to `next`.
struct Frame {
  SharedBytes bytes;  // Empty: nothing new.
  protocol::Offset next;
  bool at_tail = false;
  bool closed = false;  // The stream has ended; the last frame of all.
};

class FrameCache {
 public:
  explicit FrameCache(const storage::Engine& engine) : engine_(engine) {}

  // The events after `from`: one page of data, if there is any, and its control
  // event with `cursor`. With nothing new the frame is empty, unless the stream
  // is closed or `control_always` (a reader's first frame tells where it is).
  //
  // Errors: those of Engine::read().
  [[nodiscard]] Result<Frame> frame_after(const storage::OpenStream& stream,
                                          protocol::Offset from, uint64_t cursor,
                                          bool control_always);

  // The stream has changed: what was encoded may no longer be all there is.
  void invalidate() { entries_.clear(); }

 private:
  struct Entry {
    protocol::Offset from;
    uint64_t cursor;
    Frame frame;
  };
  // Readers are at the tail's last few positions; a longer memory is waste.
  static constexpr size_t entries_max = 8;

  const storage::Engine& engine_;
  std::vector<Entry> entries_;
};

}  // namespace durable_streams::streams
