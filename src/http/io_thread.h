// One I/O thread: a reactor, its timers, and the way back to it from others.
#pragma once

#include <boost/asio/io_context.hpp>

#include "base/clock.h"
#include "base/completion_queue.h"
#include "base/timer_wheel.h"

namespace durable_streams::http {

// Connections, waiters and handlers of one thread live on one IoThread.
//
// Threads: completions().post() and stop() from any thread; all else on the
// thread that is inside run().
class IoThread {
 public:
  explicit IoThread(const Clock& clock);
  ~IoThread();

  // Serves until stop(). Completions are drained before every wait.
  void run();
  void stop();

  boost::asio::io_context& context() { return context_; }
  CompletionQueue& completions() { return completions_; }
  TimerWheel& timers() { return timers_; }
  const Clock& clock() const { return clock_; }

 private:
  void wake();
  void tick();

  const Clock& clock_;
  boost::asio::io_context context_{1};
  CompletionQueue completions_;
  TimerWheel timers_;
};

}  // namespace durable_streams::http
