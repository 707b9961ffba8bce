// Who waits for which stream, on one I/O thread.
//
// A waiter holds a position, not a queue: when its stream moves it is told, and
// reads from where it is. However slow it is, nothing piles up for it.
//
// Threads: one TailWatch belongs to one I/O thread; all calls come from there.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <memory>

#include "base/completion_queue.h"
#include "storage/engine.h"
#include "streams/frame_cache.h"

namespace durable_streams::streams {

class TailWatch;
class WatchedStream;

// A place in a circular list of waiters; by itself, a list's anchor.
struct WaiterLink {
  WaiterLink() = default;
  WaiterLink(const WaiterLink&) = delete;
  WaiterLink& operator=(const WaiterLink&) = delete;

  bool alone() const { return next == this; }
  void insert_before(WaiterLink& other) noexcept;
  void unlink() noexcept;

  WaiterLink* next = this;
  WaiterLink* previous = this;
};

// Something that waits for a stream to move. Intrusive; leaves on destruction.
class Waiter : public WaiterLink {
 public:
  Waiter() = default;

  // New data, closure or deletion is durable; or nothing at all (a hint). May
  // leave, destroy itself or other waiters.
  virtual void tail_moved() noexcept = 0;

  // What it waits on; null before TailWatch::watch() and after leave().
  WatchedStream* watched() const { return watched_; }

  // Starts waiting; TailWatch::watch() is what callers use.
  void join(WatchedStream& watched) noexcept;

  // Stops waiting. Idempotent. The WatchedStream may end with its last waiter.
  void leave() noexcept;

 protected:
  ~Waiter() { leave(); }

 private:
  WatchedStream* watched_ = nullptr;
};

// One stream that somebody on this thread waits for.
class WatchedStream {
 public:
  WatchedStream(TailWatch& owner, const storage::Engine& engine,
                storage::StreamHandle stream);

  const storage::StreamHandle& stream() const { return stream_; }
  FrameCache& frames() { return frames_; }

  void add(Waiter& waiter) noexcept;
  void waiter_left() noexcept;

  // All present waiters are to be told. Those still to be told of an earlier
  // move will be told once, of both.
  void moved() noexcept;

  // Tells up to `count` waiters; returns how many. Fewer: nobody is left to tell.
  size_t tell(size_t count) noexcept;

  bool idle() const { return !due_ && waiters_.alone() && to_tell_.alone(); }

 private:
  TailWatch& owner_;
  storage::StreamHandle stream_;
  FrameCache frames_;
  WaiterLink waiters_;
  WaiterLink to_tell_;  // Those who do not know yet that it moved.

  friend class TailWatch;
  bool due_ = false;  // In the TailWatch's queue; it may not end now.
};

// Waiters are told a slice at a time, and between two slices the thread looks
// after its sockets: a writer gets its next append in, and readers that were not
// reached yet get both at once. Telling a thousand readers in one go would serve
// nobody else for milliseconds, and send each event by itself.
class TailWatch final : public storage::TailListener, private Completion {
 public:
  // Both outlive the TailWatch; `home` is this thread's queue.
  TailWatch(storage::Engine& engine, CompletionQueue& home);

  // From now on `waiter` is told of `stream`'s changes. What was durable before
  // may go unannounced: look once after this call.
  void watch(const storage::StreamHandle& stream, Waiter& waiter);

  // Ends the watching of a stream that nobody waits for any more.
  void forget_if_idle(const WatchedStream& watched) noexcept;

  size_t streams_watched() const { return watched_.size(); }

 private:
  // How many waiters are told before the sockets get their turn.
  static constexpr size_t slice_waiters = 64;

  void tails_moved(std::span<const storage::StreamHandle> streams) noexcept override;
  void complete() noexcept override;  // The next slice.
  void tell_soon() noexcept;

  storage::Engine& engine_;
  CompletionQueue& home_;
  storage::ListenerId listener_;
  std::deque<WatchedStream*> due_;  // Moved, and not all of their waiters know.
  bool posted_ = false;
  boost::unordered_flat_map<const storage::OpenStream*, std::unique_ptr<WatchedStream>>
      watched_;
};

}  // namespace durable_streams::streams
