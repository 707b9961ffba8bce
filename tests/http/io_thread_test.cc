// Wake-ups from other threads, timers, and Asio beside the sockets.
#include "http/io_thread.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <memory>
#include <thread>

#include "testing/manual_clock.h"

namespace durable_streams::http {
namespace {

class Counter final : public Completion {
 public:
  explicit Counter(std::function<void()> action) : action_(std::move(action)) {}
  void complete() noexcept override { action_(); }

 private:
  std::function<void()> action_;
};

class CallTimer final : public Timer {
 public:
  explicit CallTimer(std::function<void()> action) : action_(std::move(action)) {}
  void fire() noexcept override { action_(); }

 private:
  std::function<void()> action_;
};

TEST(IoThread, RunsCompletionsFromManyThreadsAndLosesNoWakeUp) {
  IoThread io(system_clock());
  constexpr int threads = 4;
  constexpr int posts = 20'000;
  int ran = 0;
  Counter count([&] {
    if (++ran == threads * posts) io.stop();
  });
  struct Poster {
    std::unique_ptr<Counter> one;
    std::atomic<int> completed{0};
    std::thread thread;
  };
  std::array<Poster, threads> posters;
  for (Poster& poster : posters) {
    poster.one = std::make_unique<Counter>([&] {
      count.complete();
      ++poster.completed;
      poster.completed.notify_one();
    });
    poster.thread = std::thread([&] {
      // Waits for each: the next post finds the I/O thread on its way to sleep.
      for (int i = 0; i < posts; ++i) {
        io.completions().post(*poster.one);
        poster.completed.wait(i);
      }
    });
  }
  io.run();
  for (Poster& poster : posters)
    poster.thread.join();
  EXPECT_EQ(ran, threads * posts);
}

TEST(IoThread, ACompletionMayPostTheNext) {
  IoThread io(system_clock());
  int ran = 0;
  Counter* again = nullptr;
  Counter counter([&] {
    if (++ran == 1000) {
      io.stop();
    } else {
      io.completions().post(*again);
    }
  });
  again = &counter;
  io.completions().post(counter);
  io.run();
  EXPECT_EQ(ran, 1000);
}

TEST(IoThread, StopBeforeRunEndsTheNextRun) {
  IoThread io(system_clock());
  io.stop();
  io.run();
  std::thread stopper([&] { io.stop(); });
  io.run();
  stopper.join();
}

TEST(IoThread, FiresTimersByItsClock) {
  testing::ManualClock clock;
  IoThread io(clock);
  bool late_fired = false;
  CallTimer late([&] { late_fired = true; });
  CallTimer soon([&] { io.stop(); });
  io.timers().schedule(late, 60'000);
  io.timers().schedule(soon, 1'000);
  clock.advance(2'000);
  io.run();
  EXPECT_FALSE(late_fired);
  CallTimer later([&] { io.stop(); });
  io.timers().schedule(later, 70'000);
  clock.advance(80'000);
  io.run();
  EXPECT_TRUE(late_fired);
}

TEST(IoThread, ServesAsioToo) {
  IoThread io(system_clock());
  boost::asio::post(io.context(), [&] { io.stop(); });
  io.run();
}

}  // namespace
}  // namespace durable_streams::http
