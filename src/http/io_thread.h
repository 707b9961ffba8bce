// One I/O thread: a reactor, its timers, and the way back to it from others.
#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>

#include "base/clock.h"
#include "base/completion_queue.h"
#include "base/timer_wheel.h"
#include "http/poller.h"

namespace durable_streams::http {

// Told when the thread turns to its sockets and when it has been through those
// that were ready: what handlers do in between can be gathered.
class RoundObserver {
 public:
  virtual void round_begins() = 0;
  // `idle`: one socket had something, and nothing else is to be done.
  virtual void round_ends(bool idle) = 0;

 protected:
  ~RoundObserver() = default;
};

// Connections, waiters and handlers of one thread live on one IoThread.
//
// The thread sleeps in Asio. Sockets sit in poller(), which Asio watches as one
// descriptor; signals and whatever else may use context() directly.
//
// Threads: completions().post() and stop() from any thread; all else on the
// thread that is inside run(), or before run().
class IoThread {
 public:
  // How coarse timers() is.
  static constexpr int64_t tick_ms = 25;

  // `clock` must outlive the object. Timers follow it; a clock that stands
  // still (testing/manual_clock.h) holds them.
  explicit IoThread(const Clock& clock);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  // Serves until stop(). Completions are drained before every wait, and once
  // more before the return. May be called again.
  void run();

  // Makes run() return soon; if it does not run yet, its next call.
  void stop();

  // Null for none; before run(). It outlives the run.
  void observe_rounds(RoundObserver* observer) { rounds_ = observer; }

  boost::asio::io_context& context() { return context_; }
  CompletionQueue& completions() { return completions_; }
  TimerWheel& timers() { return timers_; }
  Poller& poller() { return poller_; }
  const Clock& clock() const { return clock_; }

 private:
  using Executor = boost::asio::io_context::executor_type;
  using TickTimer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
      Executor>;

  // An eventfd in the poller: a write to it ends a sleep. Nobody reads it;
  // edge-triggered, each write is news.
  class WakeUp final : public PollTarget {
   public:
    WakeUp();
    ~WakeUp();
    void signal() noexcept;
    int descriptor() const { return descriptor_; }
    void ready(uint32_t) noexcept override {}

   private:
    int descriptor_;
  };

  void wake() noexcept;
  void serve_sockets();
  void serve_pending();
  void watch_poller();
  void tick();

  const Clock& clock_;
  boost::asio::io_context context_{1};
  Poller poller_;
  WakeUp wake_up_;
  CompletionQueue completions_;
  TimerWheel timers_;
  boost::asio::posix::basic_stream_descriptor<Executor> poller_watch_;
  TickTimer tick_timer_;
  bool ticking_ = false;
  RoundObserver* rounds_ = nullptr;
  std::atomic<bool> stopping_{false};
  // True from before the last look at completions_ until after the wait: only
  // then does a post need a system call.
  std::atomic<bool> asleep_{false};
};

}  // namespace durable_streams::http
