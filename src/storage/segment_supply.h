// Has the next segment ready before the active one is full.
//
// One thread makes segments, one ahead. Where it cannot for want of space,
// disk_full() says so while the active segment still has room, and it tries again
// until space returns. Without a thread (`background` false: tests that count
// operations) the work is done inside ensure() and take().
//
// Threads: disk_full() from any; all else from the committer.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "storage/segment.h"

namespace durable_streams::storage {

class SegmentSupply {
 public:
  // Makes segments of `segment_bytes`, from `next_number` on. `ready`, if any,
  // is the first to be handed out. `directory` must outlive the object.
  SegmentSupply(SegmentDirectory& directory, uint64_t segment_bytes,
                uint32_t next_number, SegmentPtr ready, bool background);
  ~SegmentSupply() { stop(); }

  // Sees to it that one is ready, or being made.
  void ensure();

  // The next segment, at least `capacity` long; waits for it, for space too.
  // Null if there is none for want of space and there is no thread to wait for,
  // or after lose_patience() or stop().
  // Errors: system codes but those of a full disk.
  [[nodiscard]] Result<SegmentPtr> take(uint64_t capacity);

  // The last try found no space.
  bool disk_full() const { return disk_full_.load(std::memory_order_relaxed); }

  // take() waits for space no longer: the engine is to close. Any thread.
  void lose_patience();

  // Ends the thread. take() returns null from then on.
  void stop();

 private:
  void run();
  void make(std::unique_lock<std::mutex>& lock);

  SegmentDirectory& directory_;
  const uint64_t segment_bytes_;
  const bool background_;
  std::atomic<bool> disk_full_{false};

  std::mutex mutex_;  // Guards what follows.
  std::condition_variable changed_;
  uint32_t next_number_;
  SegmentPtr ready_;
  uint64_t wanted_capacity_;
  std::optional<Error> error_;
  bool patient_ = true;
  bool stopped_ = false;

  std::thread thread_;
};

}  // namespace durable_streams::storage
