// Changes on their way to the committer, in the order in which they were
// admitted, and transactions that wait for some of them.
//
// Changes are numbered from 1. The committer takes what is queued; what it works
// on is in flight until land().
//
// Threads: push(), wait_for() and close() from any; the rest from the committer.
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

  // Nothing is taken any more; what is queued remains.
  void close();

  // Waits until something is queued; false if it never will be.
  bool wait();

  bool empty();

  // Moves all that is queued to the end of `changes`.
  void take(std::vector<Change>& changes);

  // The changes up to `number` are being made durable.
  void take_off(uint64_t number);
  // They are: `waiters` gets those that joined meanwhile.
  void land(std::vector<Transaction*>& waiters);

 private:
  std::mutex mutex_;  // Guards all of it.
  std::condition_variable filled_;
  std::vector<Change> queued_;
  std::vector<Transaction*> waiting_for_flight_;
  uint64_t newest_number_ = 0;
  uint64_t flight_number_ = 0;
  bool sleeping_ = false;
  bool closed_ = false;
};

}  // namespace durable_streams::storage
