// Timers fire late, never early, whatever happens while others fire.
#include "base/timer_wheel.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace durable_streams {
namespace {

constexpr int64_t tick_ms = 10;

class CallTimer final : public Timer {
 public:
  explicit CallTimer(std::function<void()> action = {}) : action_(std::move(action)) {}
  void fire() noexcept override {
    ++fired;
    if (action_) action_();
  }
  int fired = 0;

 private:
  std::function<void()> action_;
};

TEST(TimerWheel, FiresAtTheFirstTickNotBeforeItsTime) {
  for (int64_t start = 1000; start < 1020; start += 3) {
    for (int64_t delay = 0; delay < 50; ++delay) {
      TimerWheel wheel(start, tick_ms);
      CallTimer timer;
      wheel.schedule(timer, delay);
      int64_t now = start;
      while (timer.fired == 0)
        wheel.advance(++now);
      EXPECT_GE(now, start + delay);
      EXPECT_LT(now, start + std::max<int64_t>(delay, 1) + tick_ms);
      EXPECT_FALSE(timer.is_scheduled());
    }
  }
}

TEST(TimerWheel, FiresWhatLiesSeveralRoundsAhead) {
  TimerWheel wheel(0, tick_ms);
  CallTimer timer;
  wheel.schedule(timer, 25'000);  // A round is 10,240 ms.
  for (int64_t now = 0; now < 25'000; now += 7)
    wheel.advance(now);
  EXPECT_EQ(timer.fired, 0);
  wheel.advance(25'000);
  EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheel, FiresAllThatIsDueAfterALongPause) {
  TimerWheel wheel(0, tick_ms);
  std::vector<std::unique_ptr<CallTimer>> timers;
  for (int64_t delay = 0; delay < 100'000; delay += 333) {
    timers.push_back(std::make_unique<CallTimer>());
    wheel.schedule(*timers.back(), delay);
  }
  wheel.advance(1'000'000);
  for (const auto& timer : timers)
    EXPECT_EQ(timer->fired, 1);
  EXPECT_TRUE(wheel.empty());
}

TEST(TimerWheel, TimeNeverGoesBack) {
  TimerWheel wheel(1000, tick_ms);
  wheel.advance(500);
  EXPECT_EQ(wheel.now_ms(), 1000);
}

TEST(TimerWheel, CancellingReschedulingAndDestroyingTakeEffect) {
  TimerWheel wheel(0, tick_ms);
  CallTimer cancelled;
  CallTimer moved;
  wheel.schedule(cancelled, 50);
  wheel.schedule(moved, 50);
  {
    CallTimer destroyed;
    wheel.schedule(destroyed, 50);
  }
  cancelled.cancel();
  cancelled.cancel();
  wheel.schedule(moved, 500);
  wheel.advance(100);
  EXPECT_EQ(cancelled.fired, 0);
  EXPECT_EQ(moved.fired, 0);
  wheel.advance(500);
  EXPECT_EQ(moved.fired, 1);
}

TEST(TimerWheel, ATimerMayScheduleItselfAgain) {
  TimerWheel wheel(0, tick_ms);
  CallTimer* self = nullptr;
  CallTimer timer([&] { wheel.schedule(*self, 0); });
  self = &timer;
  wheel.schedule(timer, 0);
  wheel.advance(5 * tick_ms);
  EXPECT_EQ(timer.fired, 1) << "once for each advance";
  wheel.advance(6 * tick_ms);
  EXPECT_EQ(timer.fired, 2);
}

TEST(TimerWheel, ATimerMayCancelOthersThatAreDueWithIt) {
  TimerWheel wheel(0, tick_ms);
  auto victim = std::make_unique<CallTimer>();
  CallTimer killer([&] { victim.reset(); });
  CallTimer after;
  wheel.schedule(killer, 50);
  wheel.schedule(*victim, 50);
  wheel.schedule(after, 50);
  wheel.advance(100);
  EXPECT_EQ(victim, nullptr);
  EXPECT_EQ(after.fired, 1);
}

TEST(TimerWheel, MayDieBeforeItsTimers) {
  CallTimer timer;
  {
    TimerWheel wheel(0, tick_ms);
    wheel.schedule(timer, 50);
    EXPECT_TRUE(timer.is_scheduled());
  }
  EXPECT_FALSE(timer.is_scheduled());
}

TEST(TimerWheel, KnowsWhetherItIsEmpty) {
  TimerWheel wheel(0, tick_ms);
  EXPECT_TRUE(wheel.empty());
  CallTimer timer;
  wheel.schedule(timer, 50);
  EXPECT_FALSE(wheel.empty());
  timer.cancel();
  EXPECT_TRUE(wheel.empty());
  wheel.schedule(timer, 50);
  EXPECT_FALSE(wheel.empty());
}

// Against a plain model: a list of due times.
TEST(TimerWheel, AgreesWithAModelUnderRandomUse) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  int64_t now = 0;
  TimerWheel wheel(now, tick_ms);
  constexpr size_t count = 50;
  std::vector<std::unique_ptr<CallTimer>> timers;
  std::vector<int64_t> due(count, -1);  // -1: not scheduled.
  for (size_t i = 0; i < count; ++i) {
    timers.push_back(std::make_unique<CallTimer>([&, i] {
      EXPECT_GE(due[i], 0) << "fired though not scheduled";
      EXPECT_LE(due[i], now) << "fired early";
      due[i] = -1;
    }));
  }
  for (int step = 0; step < 20'000; ++step) {
    const size_t i = random() % count;
    switch (random() % 4) {
      case 0:
        timers[i]->cancel();
        due[i] = -1;
        break;
      case 1: {
        const int64_t delay = static_cast<int64_t>(random() % 30'000);
        wheel.schedule(*timers[i], delay);
        due[i] = now + delay;
        break;
      }
      default:
        now += static_cast<int64_t>(random() % 100);
        wheel.advance(now);
        for (size_t j = 0; j < count; ++j) {
          EXPECT_TRUE(due[j] < 0 || due[j] > now - tick_ms) << "not fired in time";
        }
    }
  }
}

}  // namespace
}  // namespace durable_streams
