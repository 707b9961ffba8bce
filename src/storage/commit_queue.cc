#include "storage/commit_queue.h"

#include <chrono>
#include <iterator>
#include <utility>

#include "base/assert.h"

namespace durable_streams::storage {
namespace {

// The queue that this thread has a burst on, and whether a wake-up is owed.
struct Burst {
  const CommitQueue* queue = nullptr;
  bool wake_owed = false;
};
thread_local Burst burst;

}  // namespace

bool CommitQueue::must_wake() {
  if (!sleeping_) return false;
  if (burst.queue == this) {
    burst.wake_owed = true;
    return false;
  }
  sleeping_ = false;  // One wake-up is enough.
  return true;
}

bool CommitQueue::push(Change change) {
  std::unique_lock lock(mutex_);
  if (closed_) return false;
  change.number = ++newest_number_;
  change.stream->last_change = static_cast<uint32_t>(change.number);
  queued_.push_back(std::move(change));
  const bool wake = must_wake();
  lock.unlock();
  if (wake) filled_.notify_one();
  return true;
}

bool CommitQueue::push_waiter(Transaction& transaction, uint64_t number) {
  std::unique_lock lock(mutex_);
  if (number <= flight_number_) {
    waiting_for_flight_.push_back(&transaction);
    return true;
  }
  if (closed_) return false;
  Change waiter;
  waiter.transaction = &transaction;
  queued_.push_back(std::move(waiter));
  const bool wake = must_wake();
  lock.unlock();
  if (wake) filled_.notify_one();
  return true;
}

void CommitQueue::begin_burst() {
  DS_ASSERT(burst.queue == nullptr);
  burst = {this, false};
}

CommitQueue::Owed CommitQueue::end_burst(bool offer_lone) {
  DS_ASSERT(burst.queue == this);
  const bool owed = burst.wake_owed;
  burst = {};
  if (!owed) return Owed::nothing;
  std::unique_lock lock(mutex_);
  if (offer_lone && sleeping_ && queued_.size() == 1) return Owed::lone_change;
  const bool wake = !queued_.empty() && must_wake();
  lock.unlock();
  if (wake) filled_.notify_one();
  return Owed::nothing;
}

void CommitQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  filled_.notify_one();
}

CommitQueue::Waited CommitQueue::wait(int quiet_ms) {
  std::unique_lock lock(mutex_);
  sleeping_ = true;
  const auto ready = [this] { return closed_ || called_ || !queued_.empty(); };
  bool is_ready = true;
  if (quiet_ms < 0) {
    filled_.wait(lock, ready);
  } else {
    is_ready = filled_.wait_for(lock, std::chrono::milliseconds(quiet_ms), ready);
  }
  sleeping_ = false;
  called_ = false;
  if (!is_ready) return Waited::quiet;
  if (!queued_.empty()) return Waited::filled;
  return closed_ ? Waited::ended : Waited::called;
}

void CommitQueue::wake() {
  {
    const std::lock_guard lock(mutex_);
    if (!sleeping_) return;
    called_ = true;
  }
  filled_.notify_one();
}

bool CommitQueue::empty() {
  const std::lock_guard lock(mutex_);
  return queued_.empty();
}

void CommitQueue::take(std::vector<Change>& changes) {
  const std::lock_guard lock(mutex_);
  if (changes.empty()) {
    changes.swap(queued_);
    return;
  }
  std::move(queued_.begin(), queued_.end(), std::back_inserter(changes));
  queued_.clear();
}

bool CommitQueue::take_lone(std::vector<Change>& changes, uint64_t bytes_max) {
  const std::lock_guard lock(mutex_);
  if (queued_.size() != 1 || queued_.front().queued_bytes > bytes_max) return false;
  changes.push_back(std::move(queued_.front()));
  queued_.clear();
  return true;
}

void CommitQueue::take_off(uint64_t number) {
  const std::lock_guard lock(mutex_);
  flight_number_ = number;
}

void CommitQueue::land(std::vector<Transaction*>& waiters) {
  const std::lock_guard lock(mutex_);
  flight_number_ = 0;
  waiters.clear();
  waiters.swap(waiting_for_flight_);
}

}  // namespace durable_streams::storage
