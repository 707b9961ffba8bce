// Many coarse timers for one thread at the price of one.
//
// Timers are intrusive and allocate nothing. They fire late, never early: up to
// two ticks after their time, if advance() is called every tick. Not
// thread-safe: each I/O thread has its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace durable_streams {

// A timer's place in a wheel. A base of its own, so that the wheel is no friend
// of Timer (whose destructor is protected).
class TimerLink {
 protected:
  TimerLink() = default;
  ~TimerLink() { unlink(); }
  TimerLink(const TimerLink&) = delete;
  TimerLink& operator=(const TimerLink&) = delete;

  bool is_linked() const { return next_ != nullptr; }
  void unlink() noexcept;

 private:
  friend class TimerWheel;
  TimerLink* next_ = nullptr;  // Null when not scheduled.
  TimerLink* previous_ = nullptr;
  int64_t due_tick_ = 0;
};

// Something that wants to be called at a time. Destroying or scheduling it
// again cancels what was scheduled. Must not outlive a wheel that holds it.
class Timer : public TimerLink {
 public:
  bool is_scheduled() const { return is_linked(); }
  void cancel() noexcept { unlink(); }

  // The time has come. May schedule or destroy any timer, this one included.
  virtual void fire() noexcept = 0;

 protected:
  Timer() = default;
  ~Timer() = default;
};

class TimerWheel {
 public:
  // `now_ms` is a steady time (base/clock.h), here and below. `tick_ms` > 0.
  TimerWheel(int64_t now_ms, int64_t tick_ms);
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // O(1). The delay counts from now_ms(). A delay <= 0 fires at the next
  // advance() that reaches a new tick.
  void schedule(Timer& timer, int64_t delay_ms);

  // Fires what is due, and moves on to `now_ms`. A time before now_ms() counts
  // as now_ms(). O(ticks passed + timers met), O(1) without timers.
  void advance(int64_t now_ms);

  // The time of the last advance(): a coarse clock that costs nothing.
  int64_t now_ms() const { return now_ms_; }
  int64_t tick_ms() const { return tick_ms_; }

  // O(1) while there are timers or schedule() was not called, else O(slots).
  bool empty() const;

 private:
  static constexpr size_t slot_count = 1024;
  class Ring : public TimerLink {};  // A circular list's head; no timer itself.

  Ring& slot_of(int64_t tick) { return slots_[static_cast<size_t>(tick) % slot_count]; }
  static void make_ring(Ring& ring) { ring.next_ = ring.previous_ = &ring; }
  static bool is_ring_empty(const Ring& ring) { return ring.next_ == &ring; }
  static void insert_before(TimerLink& position, TimerLink& timer);
  // Fires the timers of one slot that are due; later rounds stay in.
  void fire_slot(Ring& slot);

  const int64_t tick_ms_;
  int64_t now_ms_;
  int64_t current_tick_;
  mutable bool maybe_scheduled_ = false;  // False: surely no timer is scheduled.
  std::array<Ring, slot_count> slots_;
};

}  // namespace durable_streams
