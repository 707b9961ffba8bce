// Changes on their way to the committer, in the order in which they were
// admitted, and transactions that wait for some of them.
//
// Changes are numbered from 1. The committer takes what is queued; what it works
// on is in flight until land().
//
// Threads: push(), push_waiter(), the bursts, wake() and close() from any; the rest
// from whoever does the committer's work, one at a time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "storage/change.h"

namespace durable_streams::storage {

class CommitQueue {
 public:
  // Queues a change and numbers it; false after close().
  bool push(Change change);

  // Queues a transaction that is over when change `number` is durable (or
  // failed): it joins the flight that the change is part of. False after close().
  bool push_waiter(Transaction& transaction, uint64_t number);

  // What this thread pushes in between wakes the committer once, at the end: a
  // thread that shares a core with it would lose the core at its first push.
  void begin_burst();
  enum class Owed {
    nothing,
    lone_change,  // To whom it was offered: take_lone(), or else wake().
  };
  // With `offer_lone` a committer sleeps on if the queue holds one change only.
  Owed end_burst(bool offer_lone);

  // Nothing is taken any more; what is queued remains.
  void close();

  enum class Waited {
    filled,  // Something is queued.
    quiet,   // Nothing for `quiet_ms`.
    called,  // wake(), and nothing is queued.
    ended,   // Nothing is, and nothing will be.
  };

  // Waits until something is queued; `quiet_ms` < 0: for as long as it takes.
  Waited wait(int quiet_ms);

  // Ends a wait() that is under way.
  void wake();

  bool empty();

  // Moves all that is queued to the end of `changes`.
  void take(std::vector<Change>& changes);

  // The same if one change is queued, of at most `bytes_max`; else false.
  bool take_lone(std::vector<Change>& changes, uint64_t bytes_max);

  // The changes up to `number` are being made durable.
  void take_off(uint64_t number);
  // They are: `waiters` gets those that joined meanwhile.
  void land(std::vector<Transaction*>& waiters);

 private:
  // Whether the committer is to be woken now; call it with the lock held, wake
  // without it, or the woken thread's first act is to wait for the lock.
  bool must_wake();

  std::mutex mutex_;  // Guards all of it.
  std::condition_variable filled_;
  std::vector<Change> queued_;
  std::vector<Transaction*> waiting_for_flight_;
  uint64_t newest_number_ = 0;
  uint64_t flight_number_ = 0;
  bool sleeping_ = false;
  bool called_ = false;
  bool closed_ = false;
};

}  // namespace durable_streams::storage
