#include "storage/segment_supply.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace durable_streams::storage {
namespace {

// How long to wait for space before the next try.
constexpr std::chrono::milliseconds retry_interval{500};

bool is_disk_full(const Error& error) {
  return error.code == std::error_code(ENOSPC, std::system_category()) ||
         error.code == std::error_code(EDQUOT, std::system_category());
}

}  // namespace

SegmentSupply::SegmentSupply(SegmentDirectory& directory, uint64_t segment_bytes,
                             uint32_t next_number, SegmentPtr ready, bool background)
    : directory_(directory),
      segment_bytes_(segment_bytes),
      background_(background),
      next_number_(next_number),
      ready_(std::move(ready)),
      wanted_capacity_(segment_bytes) {
  if (background_) thread_ = std::thread([this] { run(); });
}

void SegmentSupply::ensure() {
  if (background_) return;  // The thread keeps one ready by itself.
  std::unique_lock lock(mutex_);
  if (!ready_ && !error_) make(lock);
}

Result<SegmentPtr> SegmentSupply::take(uint64_t capacity) {
  std::unique_lock lock(mutex_);
  wanted_capacity_ = std::max(segment_bytes_, capacity);
  const auto is_ready = [this] {
    return ready_ && ready_->capacity >= wanted_capacity_;
  };
  if (background_) {
    changed_.notify_all();
    changed_.wait(lock, [&] {
      return is_ready() || error_ || stopped_ || (!patient_ && disk_full());
    });
  } else if (!is_ready() && !error_) {
    make(lock);
  }
  if (error_) return fail(*error_);
  if (stopped_ || !is_ready()) return SegmentPtr();
  wanted_capacity_ = segment_bytes_;
  SegmentPtr taken = std::exchange(ready_, nullptr);
  changed_.notify_all();
  return taken;
}

void SegmentSupply::lose_patience() {
  const std::lock_guard lock(mutex_);
  patient_ = false;
  changed_.notify_all();
}

void SegmentSupply::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void SegmentSupply::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_ && !error_) {
    if (ready_ && ready_->capacity >= wanted_capacity_) {
      changed_.wait(lock);
      continue;
    }
    make(lock);
    if (disk_full())
      changed_.wait_for(lock, retry_interval, [this] { return stopped_; });
  }
}

// Makes, or lengthens, the next segment; the lock is not held over I/O.
void SegmentSupply::make(std::unique_lock<std::mutex>& lock) {
  const uint64_t capacity = wanted_capacity_;
  SegmentPtr segment = ready_;
  lock.unlock();
  Result<void> done;
  if (segment) {
    done = directory_.extend(*segment, capacity);
  } else if (auto made = directory_.create(next_number_, capacity)) {
    segment = std::move(*made);
  } else {
    done = fail(std::move(made.error()));
  }
  lock.lock();

  disk_full_ = !done && is_disk_full(done.error());
  if (done) {
    if (!ready_) ++next_number_;
    ready_ = std::move(segment);
  } else if (!disk_full_) {
    error_ = std::move(done.error());
  }
  changed_.notify_all();
}

}  // namespace durable_streams::storage
