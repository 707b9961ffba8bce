#include "base/timer_wheel.h"

#include <algorithm>

#include "base/assert.h"

namespace durable_streams {

void TimerLink::unlink() noexcept {
  if (next_ == nullptr) return;
  next_->previous_ = previous_;
  previous_->next_ = next_;
  next_ = previous_ = nullptr;
}

TimerWheel::TimerWheel(int64_t now_ms, int64_t tick_ms)
    : tick_ms_(tick_ms), now_ms_(now_ms), current_tick_(now_ms / tick_ms) {
  for (Ring& slot : slots_)
    make_ring(slot);
}

TimerWheel::~TimerWheel() {
  for (Ring& slot : slots_) {
    while (!is_ring_empty(slot))
      slot.next_->unlink();
  }
}

void TimerWheel::insert_before(TimerLink& position, TimerLink& timer) {
  timer.next_ = &position;
  timer.previous_ = position.previous_;
  position.previous_->next_ = &timer;
  position.previous_ = &timer;
}

void TimerWheel::schedule(Timer& timer, int64_t delay_ms) {
  timer.cancel();
  // The first tick that begins at or after the due time, so never early.
  const int64_t due_ms = now_ms_ + std::max<int64_t>(delay_ms, 0);
  const int64_t due_tick = (due_ms + tick_ms_ - 1) / tick_ms_;
  timer.due_tick_ = std::max(due_tick, current_tick_ + 1);
  insert_before(slot_of(timer.due_tick_), timer);
  maybe_scheduled_ = true;
}

void TimerWheel::advance(int64_t now_ms) {
  if (now_ms <= now_ms_) return;
  now_ms_ = now_ms;
  const int64_t from_tick = current_tick_;
  const int64_t to_tick = now_ms / tick_ms_;
  // Set before anything fires: what is scheduled meanwhile lies beyond it.
  current_tick_ = to_tick;
  if (to_tick == from_tick || !maybe_scheduled_) return;
  const int64_t rounds = std::min<int64_t>(to_tick - from_tick, slot_count);
  for (int64_t i = 1; i <= rounds; ++i)
    fire_slot(slot_of(from_tick + i));
}

void TimerWheel::fire_slot(Ring& slot) {
  if (is_ring_empty(slot)) return;
  // Timers move to a list of their own first: firing may change the slot, and
  // must not meet what it adds.
  Ring met;
  make_ring(met);
  met.next_ = slot.next_;
  met.previous_ = slot.previous_;
  met.next_->previous_ = &met;
  met.previous_->next_ = &met;
  make_ring(slot);
  while (!is_ring_empty(met)) {
    TimerLink& timer = *met.next_;
    timer.unlink();
    if (timer.due_tick_ <= current_tick_) {
      static_cast<Timer&>(timer).fire();
    } else {
      insert_before(slot, timer);
    }
  }
}

bool TimerWheel::empty() const {
  if (!maybe_scheduled_) return true;
  for (const Ring& slot : slots_) {
    if (!is_ring_empty(slot)) return false;
  }
  maybe_scheduled_ = false;
  return true;
}

}  // namespace durable_streams
