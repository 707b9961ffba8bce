#include "storage/segment_supply.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace durable_streams::storage {
namespace {

// How long to wait for the end of a shortage before the next try.
constexpr std::chrono::milliseconds retry_interval{500};

Shortage shortage_of(const Error& error) {
  if (error.code.category() != std::system_category()) return Shortage::none;
  switch (error.code.value()) {
    case ENOSPC:
    case EDQUOT:
      return Shortage::space;
    case EMFILE:
    case ENFILE:
      return Shortage::descriptors;
    default:
      return Shortage::none;
  }
}

}  // namespace

SegmentSupply::SegmentSupply(SegmentDirectory& directory, Sizes sizes,
                             uint32_t next_number, SegmentPtr ready, bool background)
    : directory_(directory),
      sizes_(sizes),
      background_(background),
      reserve_(directory, sizes.reserve_bytes),
      next_number_(next_number),
      ready_(std::move(ready)) {
  spare_bytes_ = reserve_.bytes();
  if (background_) thread_ = std::thread([this] { run(); });
}

bool SegmentSupply::is_ready() const {
  return ready_ && ready_->capacity >= needed_;
}

bool SegmentSupply::has_enough() const {
  return is_ready() && (needed_ > 0 || !reserve_.is_wanting());
}

void SegmentSupply::ensure() {
  if (background_) return;  // The thread keeps one ready by itself.
  std::unique_lock lock(mutex_);
  if (!error_ && !has_enough()) make(lock);
}

Result<SegmentPtr> SegmentSupply::take(uint64_t capacity) {
  std::unique_lock lock(mutex_);
  needed_ = capacity;
  need_failed_ = false;
  if (background_) {
    changed_.notify_all();
    changed_.wait(lock, [this] {
      return is_ready() || error_ || stopped_ || (!patient_ && need_failed_);
    });
  } else if (!is_ready() && !error_) {
    make(lock);
  }
  const bool taken = is_ready() && !stopped_;
  needed_ = 0;
  if (error_) return fail(*error_);
  if (!taken) return SegmentPtr();
  changed_.notify_all();
  return std::exchange(ready_, nullptr);
}

void SegmentSupply::set_patient(bool patient) {
  const std::lock_guard lock(mutex_);
  patient_ = patient;
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
    if (has_enough()) {
      changed_.wait(lock);
      continue;
    }
    make(lock);
    if (shortage() == Shortage::none) continue;
    changed_.wait_for(lock, retry_interval, [this] {
      return stopped_ || (needed_ > 0 && !need_failed_ && !is_ready());
    });
  }
}

// Makes the reserve, then makes or lengthens the next segment; the lock is not held
// over I/O. Who waits for a segment does not wait for the reserve.
void SegmentSupply::make(std::unique_lock<std::mutex>& lock) {
  const uint64_t needed = needed_;
  const uint32_t number = next_number_;
  SegmentPtr ready = ready_;
  lock.unlock();

  Result<void> done;
  if (needed == 0 && reserve_.is_wanting()) done = reserve_.keep();
  Made made{ready, Shortage::none};
  if (done && (!ready || ready->capacity < needed)) {
    made = make_segment(std::move(ready), number, needed);
    if (!made.segment) done = fail(made.segment.error());
  }
  spare_bytes_ = reserve_.bytes();

  lock.lock();
  shortage_ = done ? made.met : shortage_of(done.error());
  if (!done) {
    if (shortage() == Shortage::none) error_ = done.error();
    need_failed_ = needed > 0 && needed == needed_;
  } else {
    if (!ready_) ++next_number_;
    ready_ = *made.segment;
  }
  changed_.notify_all();
}

SegmentSupply::Made SegmentSupply::make_segment(SegmentPtr ready, uint32_t number,
                                                uint64_t needed) {
  if (ready) {
    if (auto done = directory_.extend(*ready, needed); !done) {
      return {fail(std::move(done.error())), Shortage::none};
    }
    return {std::move(ready), Shortage::none};
  }
  auto made = directory_.create(number, std::max(sizes_.segment_bytes, needed));
  if (made || needed == 0) return {std::move(made), Shortage::none};
  const Shortage met = shortage_of(made.error());
  if (met == Shortage::space) made = make_short_one(std::move(made), number, needed);
  return {std::move(made), met};
}

// For who cannot wait: as long as there is room for, or the reserve.
Result<SegmentPtr> SegmentSupply::make_short_one(Result<SegmentPtr> made,
                                                 uint32_t number, uint64_t needed) {
  const uint64_t bytes_min = std::max(needed, 2 * uint64_t{segment_header_bytes});
  for (uint64_t bytes = std::min(sizes_.reserve_bytes, sizes_.segment_bytes / 2);
       bytes >= bytes_min; bytes /= 2) {
    made = directory_.create(number, bytes);
    if (made || shortage_of(made.error()) != Shortage::space) return made;
  }
  if (reserve_.bytes() >= needed) made = reserve_.spend(number);
  return made;
}

}  // namespace durable_streams::storage
