// Has the next segment ready before the active one is full.
//
// One thread makes segments, one ahead. Where it cannot for want of space or of
// descriptors, shortage() says so while the active segment still has room, and it
// tries again until that has passed. Who cannot do without a segment meanwhile
// gets a short one, or the reserve (reserve.h). Without a thread (`background`
// false: tests that count operations) the work is done inside ensure() and take().
//
// Threads: shortage() and spare_bytes() from any; all else from the committer.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "storage/reserve.h"
#include "storage/segment.h"

namespace durable_streams::storage {

// What there is too little of, for the time being.
enum class Shortage : uint8_t { none, space, descriptors };

class SegmentSupply {
 public:
  struct Sizes {
    uint64_t segment_bytes;
    uint64_t reserve_bytes;  // Of the reserve and of short segments; 0: neither.
  };

  // Makes segments from `next_number` on. `ready`, if any, is the first to be
  // handed out. `directory` must outlive the object.
  SegmentSupply(SegmentDirectory& directory, Sizes sizes, uint32_t next_number,
                SegmentPtr ready, bool background);
  ~SegmentSupply() { stop(); }

  // Sees to it that one is ready, or being made.
  void ensure();

  // The next segment, at least `capacity` long. Null if there is none because of a
  // shortage; but with a thread, and patience, it waits until that has passed.
  // Null, too, after stop().
  // Errors: system codes but those of a shortage.
  [[nodiscard]] Result<SegmentPtr> take(uint64_t capacity);

  // What the last try met.
  Shortage shortage() const { return shortage_.load(std::memory_order_relaxed); }

  // How long a segment take() can make though there is no space.
  uint64_t spare_bytes() const { return spare_bytes_.load(std::memory_order_relaxed); }

  // Whether take() waits for the end of a shortage; it does not at first. Any thread.
  void set_patient(bool patient);

  // Ends the thread. take() returns null from then on.
  void stop();

 private:
  void run();
  bool has_enough() const;
  bool is_ready() const;
  void make(std::unique_lock<std::mutex>& lock);
  // A segment, and what there was too little of for one of the usual size.
  struct Made {
    Result<SegmentPtr> segment;
    Shortage met;
  };
  Made make_segment(SegmentPtr ready, uint32_t number, uint64_t needed);
  Result<SegmentPtr> make_short_one(Result<SegmentPtr> made, uint32_t number,
                                    uint64_t needed);

  SegmentDirectory& directory_;
  const Sizes sizes_;
  const bool background_;
  std::atomic<Shortage> shortage_{Shortage::none};
  std::atomic<uint64_t> spare_bytes_{0};

  Reserve reserve_;  // Of who makes segments.

  std::mutex mutex_;  // Guards what follows.
  std::condition_variable changed_;
  uint32_t next_number_;
  SegmentPtr ready_;
  uint64_t needed_ = 0;  // By who waits in take(); 0: nobody does.
  bool need_failed_ = false;
  std::optional<Error> error_;
  bool patient_ = false;
  bool stopped_ = false;

  std::thread thread_;
};

}  // namespace durable_streams::storage
