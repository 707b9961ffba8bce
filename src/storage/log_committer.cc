// The committer's part of LogEngine: from the queue to the disk, and back to
// who waits. Also done, for a lone change, by the thread that brought it.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "storage/log_engine.h"

namespace durable_streams::storage {

void LogEngine::start() {
  if (!background_) return;
  supply_->set_patient(true);
  committer_ = std::thread([this] { run(); });
  tidier_->start();
}

void LogEngine::run() {
  std::unique_lock work(work_mutex_);
  for (;;) {
    const int quiet = mark_due_ && !failed_ ? quiet_ms : -1;
    const uint64_t batches = batches_;
    work.unlock();
    const auto waited = queue_.wait(quiet);
    work.lock();
    if (waited == CommitQueue::Waited::ended && next_ == taken_.size()) break;
    if (waited == CommitQueue::Waited::quiet) {
      if (batches == batches_) rest();
      continue;
    }
    while (step())
      continue;
    // Without space and at the end of patience nothing can be done for the rest.
    if (next_ < taken_.size() && !failed_) {
      fail_writes(system_error(ENOSPC, "close " + segment_directory_.path()));
      while (step())
        continue;
    }
  }
  if (failed_) return;
  mark_due_ = true;  // It keeps the stream time.
  rest();
  if (failed_) return;
  if (auto synced = writer_->sync(); !synced) fail_writes(std::move(synced.error()));
}

void LogEngine::end_burst(bool thread_is_idle) {
  const CommitQueue::Owed owed = queue_.end_burst(thread_is_idle);
  if (owed == CommitQueue::Owed::nothing) return;
  std::unique_lock work(work_mutex_, std::try_to_lock);
  const bool awaits_mark = work && mark_due_;
  const bool done = work && commit_lone();
  if (work) work.unlock();
  // To do it, or to begin to wait for the quiet in which the mark is due.
  if (!done || !awaits_mark) queue_.wake();
}

// False if it is the committer's: what has to wait for space, or for a slow disk,
// must not keep a thread that has others to serve.
bool LogEngine::commit_lone() {
  if (failed_ || !taken_.empty() || lone_commits_ < lone_commits_min) return false;
  if (writer_->room() < LogWriter::room_for(lone_bytes_max)) return false;
  if (!queue_.take_lone(taken_, lone_bytes_max)) return false;
  commit_batch(fill_batch());
  taken_.clear();
  next_ = 0;
  return true;
}

bool LogEngine::step() {
  if (next_ == taken_.size()) {
    taken_.clear();
    next_ = 0;
    queue_.take(taken_);
    if (taken_.empty()) {
      if (!failed_) supply_->ensure();
      return false;
    }
  }
  if (failed_) {
    settle(taken_.size(), Settlement::unknown);
    return true;
  }
  size_t end = fill_batch();
  if (end == next_) {
    if (!roll()) return failed_;
    end = fill_batch();
    DS_ASSERT(end > next_);
  }
  commit_batch(end);
  // With a thread of its own it rests when it has been quiet for a while: a mark
  // after each of a lone writer's appends would cost as much as the append.
  if (!background_ && next_ == taken_.size() && queue_.empty()) rest();
  return true;
}

// Puts as many of the taken changes into the batch as fit; returns their end.
size_t LogEngine::fill_batch() {
  writer_->begin_batch();
  renewals_.clear();
  uint64_t renewal_bytes = 0;
  size_t end = next_;
  for (; end < taken_.size(); ++end) {
    const Change& change = taken_[end];
    if (change.only_waits()) continue;
    if (!writer_->fits(renewal_bytes + change.queued_bytes)) break;
    if (writer_->batch_records() > 0 &&
        writer_->batch_bytes() + change.queued_bytes > batch_bytes_max) {
      break;
    }
    if (change.kind == protocol::Unit::Kind::renew) {
      renewals_.emplace_back(change.stream->stream_id(), change.at_ms);
      renewal_bytes += change.queued_bytes;
    } else {
      writer_->add(change);
    }
  }
  if (!renewals_.empty()) writer_->add_renewals(renewals_);
  return end;
}

// Goes on in the next segment. False if there is none.
bool LogEngine::roll() {
  const uint64_t bytes = taken_[next_].queued_bytes;
  auto segment = supply_->take(LogWriter::capacity_for(bytes));
  if (!segment) {
    fail_writes(std::move(segment.error()));
    return false;
  }
  if (!*segment) return false;
  files_.add_active(*segment, segment_directory_.path_of((*segment)->number));
  const uint32_t sealed = writer_->segment();
  writer_->roll(std::move(*segment));
  sealed_ = {sealed, active_begin_, writer_->log_end().position};
  active_begin_ = writer_->log_end();
  return true;
}

// The log goes on behind the segment before the active one, durably: it may be
// tidied.
void LogEngine::note_sealed() {
  if (!sealed_) return;
  files_.seal(sealed_->number);
  tidier_->add_sealed(*sealed_);
  sealed_.reset();
}

void LogEngine::commit_batch(size_t end) {
  if (writer_->batch_records() == 0) {
    settle(end, Settlement::unchanged);
    return;
  }
  uint64_t number = 0;
  for (size_t i = next_; i < end; ++i)
    number = std::max(number, taken_[i].number);
  queue_.take_off(number);
  const int64_t begun_ms = clock_.steady_ms();
  auto done = writer_->commit(stream_clock_.stream_ms(), next_stream_id_);
  note_pace(end - next_, clock_.steady_ms() - begun_ms);
  if (!done) {
    fail_writes(std::move(done.error()));
    settle(end, Settlement::unknown);
    return;
  }
  active_room_ = writer_->room();
  mark_due_ = true;
  ++batches_;
  durable_end_ = writer_->log_end().packed();
  const uint64_t listeners = publish(end);
  note_sealed();
  settle(end, Settlement::committed);
  durable_number_.store(number, std::memory_order_release);
  listeners_.wake(listeners);
}

void LogEngine::note_pace(size_t changes, int64_t took_ms) {
  const bool is_lone = changes == 1 && took_ms <= quick_commit_ms_max;
  lone_commits_ = is_lone ? std::min(lone_commits_ + 1, lone_commits_min) : 0;
}

// Makes the batch's changes part of the durable state. Returns whom to tell.
uint64_t LogEngine::publish(size_t end) {
  uint64_t listeners = 0;
  const RecordPlace* place = writer_->located().data();
  std::unique_lock<std::mutex> lock;
  for (size_t i = next_; i < end; ++i) {
    Change& change = taken_[i];
    if (change.only_waits()) continue;
    if (change.kind != protocol::Unit::Kind::renew) place_ = place++;
    std::mutex& shard_mutex = change.stream->shard_mutex();
    if (lock.mutex() != &shard_mutex) {
      if (lock.owns_lock()) lock.unlock();
      lock = std::unique_lock(shard_mutex);
    }
    listeners |= make_durable(change);
  }
  return listeners;
}

// Ends the taken changes before `end`, and what waits for them.
void LogEngine::settle(size_t end, Settlement settlement) {
  uint64_t bytes = 0;
  for (; next_ < end; ++next_) {
    Change& change = taken_[next_];
    bytes += change.queued_bytes;
    if (change.transaction == nullptr) continue;
    const bool waited = change.only_waits() && settlement == Settlement::committed;
    settlements_.add(*change.transaction, waited ? Settlement::unchanged : settlement);
  }
  queued_bytes_ -= bytes;
  queue_.land(waiters_);
  for (Transaction* const waiter : waiters_) {
    settlements_.add(*waiter, settlement == Settlement::committed
                                  ? Settlement::unchanged
                                  : settlement);
  }
  settlements_.post();
}

// The queue has run empty: tells recovery that all so far is durable, and has
// the next segment made.
void LogEngine::rest() {
  if (failed_) return;
  if (std::exchange(mark_due_, false)) {
    auto done = writer_->write_mark(stream_clock_.stream_ms(), next_stream_id_);
    if (!done) return fail_writes(std::move(done.error()));
    active_room_ = writer_->room();
  }
  supply_->ensure();
}

void LogEngine::fail_writes(Error error) {
  failed_ = true;
  refusing_ = true;
  const std::lock_guard lock(health_mutex_);
  failure_ = std::move(error);
}

}  // namespace durable_streams::storage
