#include "storage/commit_queue.h"

#include <iterator>
#include <utility>

namespace durable_streams::storage {

bool CommitQueue::push(Change change) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  change.number = ++newest_number_;
  change.stream->last_change = change.number;
  queued_.push_back(std::move(change));
  if (sleeping_) filled_.notify_one();
  return true;
}

bool CommitQueue::push_waiter(Transaction& transaction, uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (number <= flight_number_) {
    waiting_for_flight_.push_back(&transaction);
    return true;
  }
  if (closed_) return false;
  Change waiter;
  waiter.transaction = &transaction;
  queued_.push_back(std::move(waiter));
  if (sleeping_) filled_.notify_one();
  return true;
}

void CommitQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  filled_.notify_one();
}

bool CommitQueue::wait() {
  std::unique_lock lock(mutex_);
  sleeping_ = true;
  filled_.wait(lock, [this] { return closed_ || !queued_.empty(); });
  sleeping_ = false;
  return !queued_.empty();
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
