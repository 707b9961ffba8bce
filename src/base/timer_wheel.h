// Many coarse timers for one thread at the price of one.
//
// Timers are intrusive and allocate nothing. They fire late, never early: up to
// one tick after their time. Not thread-safe: each I/O thread has its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace durable_streams {

// Something that wants to be called at a time. Destroying or scheduling it
// again cancels what was scheduled. Must not outlive a wheel that holds it.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  bool is_scheduled() const { return next_ != nullptr; }
  void cancel() noexcept;

  // The time has come. May schedule or destroy any timer, this one included.
  virtual void fire() noexcept = 0;

 protected:
  ~Timer() { cancel(); }

 private:
  friend class TimerWheel;
  Timer* next_ = nullptr;
  Timer* previous_ = nullptr;
  int64_t due_tick_ = 0;
};

class TimerWheel {
 public:
  // `now_ms` is a steady time (base/clock.h), here and below.
  TimerWheel(int64_t now_ms, int64_t tick_ms);
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // O(1). A delay <= 0 fires at the next advance().
  void schedule(Timer& timer, int64_t delay_ms);

  // Fires what is due, and moves on to `now_ms`. O(ticks passed + timers met).
  void advance(int64_t now_ms);

  int64_t tick_ms() const { return tick_ms_; }
  bool empty() const;

 private:
  // A list head that is never fired.
  class Anchor final : public Timer {
    void fire() noexcept override {}
  };
  static constexpr size_t slot_count = 1024;

  const int64_t tick_ms_;
  int64_t current_tick_;
  std::array<Anchor, slot_count> slots_;  // Circular lists; later rounds stay in.
};

}  // namespace durable_streams
