#include "streams/tail_watch.h"

#include <functional>
#include <memory>
#include <vector>

#include "streams_fixture.h"

namespace durable_streams::streams {
namespace {

// Counts how often it was told, and does what the test wants then.
class Listener final : public Waiter {
 public:
  void tail_moved() noexcept override {
    ++told;
    if (then) then();
  }

  int told = 0;
  std::function<void()> then;
};

class TailWatchTest : public StreamsFixture {
 protected:
  // More waiters than one slice takes.
  std::vector<std::unique_ptr<Listener>> watch_many() {
    std::vector<std::unique_ptr<Listener>> listeners;
    for (int i = 0; i < 200; ++i) {
      listeners.push_back(std::make_unique<Listener>());
      tails_.watch(stream_, *listeners.back());
    }
    return listeners;
  }

  storage::StreamHandle stream_ = create("a", "text/plain");
  TailWatch tails_{*engine_, home_};
};

TEST_F(TailWatchTest, EveryWaiterIsToldOncePerRound) {
  Listener one, other;
  tails_.watch(stream_, one);
  tails_.watch(stream_, other);
  append(*stream_, "x");
  settle();
  EXPECT_EQ(one.told, 1);
  EXPECT_EQ(other.told, 1);
}

TEST_F(TailWatchTest, OtherStreamsAreNotHeard) {
  const storage::StreamHandle elsewhere = create("b", "text/plain");
  Listener listener;
  tails_.watch(stream_, listener);
  append(*elsewhere, "x");
  settle();
  EXPECT_EQ(listener.told, 0);
}

TEST_F(TailWatchTest, TheWatchEndsWithItsLastWaiter) {
  {
    Listener one, other;
    tails_.watch(stream_, one);
    tails_.watch(stream_, other);
    one.leave();
    EXPECT_EQ(tails_.streams_watched(), 1u);
  }
  EXPECT_EQ(tails_.streams_watched(), 0u);
  append(*stream_, "x");
  settle();
}

TEST_F(TailWatchTest, AWaiterMayLeaveWhenTold) {
  Listener listener;
  listener.then = [&] { listener.leave(); };
  tails_.watch(stream_, listener);
  append(*stream_, "x");
  settle();
  append(*stream_, "y");
  settle();
  EXPECT_EQ(listener.told, 1);
  EXPECT_EQ(tails_.streams_watched(), 0u);
}

TEST_F(TailWatchTest, AWaiterMayEndOthersWhetherToldOrNot) {
  auto first = std::make_unique<Listener>();
  Listener middle;
  auto last = std::make_unique<Listener>();
  tails_.watch(stream_, *first);
  tails_.watch(stream_, middle);
  tails_.watch(stream_, *last);
  middle.then = [&] {
    first.reset();
    last.reset();
  };
  append(*stream_, "x");
  settle();
  EXPECT_EQ(middle.told, 1);
}

TEST_F(TailWatchTest, WhoJoinsDuringARoundWaitsForTheNext) {
  Listener present, newcomer;
  present.then = [&] {
    if (newcomer.watched() == nullptr) tails_.watch(stream_, newcomer);
  };
  tails_.watch(stream_, present);
  append(*stream_, "x");
  settle();
  EXPECT_EQ(newcomer.told, 0);
  append(*stream_, "y");
  settle();
  EXPECT_EQ(newcomer.told, 1);
}

TEST_F(TailWatchTest, EveryoneMayLeaveDuringARound) {
  Listener one, other;
  one.then = [&] {
    one.leave();
    other.leave();
  };
  tails_.watch(stream_, one);
  tails_.watch(stream_, other);
  append(*stream_, "x");
  settle();
  EXPECT_EQ(other.told, 0);
  EXPECT_EQ(tails_.streams_watched(), 0u);
}

// A reader that lagged behind must not be handed the frame of an earlier tail
// and then sleep: nobody would tell it again.
TEST_F(TailWatchTest, FramesOfAnEarlierTailAreForgottenWhenTheStreamMoves) {
  Listener listener;
  tails_.watch(stream_, listener);
  const protocol::Offset start = stream_->snapshot().tail;
  std::vector<protocol::Offset> seen;
  listener.then = [&] {
    auto frame = listener.watched()->frames().frame_after(*stream_, start, 1, false);
    ASSERT_TRUE(frame);
    seen.push_back(frame->next);
  };
  append(*stream_, "x");
  settle();
  append(*stream_, "y");
  settle();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[1], stream_->snapshot().tail);
}

// A thousand readers must not keep a thread from its sockets.
TEST_F(TailWatchTest, ManyWaitersAreToldASliceAtATime) {
  auto listeners = watch_many();
  const auto told = [&] {
    int sum = 0;
    for (const auto& listener : listeners)
      sum += listener->told;
    return sum;
  };
  append(*stream_, "x");
  std::vector<int> after_each;
  while (home_.drain() > 0)
    after_each.push_back(told());
  EXPECT_GE(after_each.size(), 3u);  // Sockets had their turn in between.
  EXPECT_EQ(told(), 200);
  for (const auto& listener : listeners)
    EXPECT_EQ(listener->told, 1);
}

TEST_F(TailWatchTest, WhoWasNotReachedYetIsToldOnceOfTwoMoves) {
  auto listeners = watch_many();
  append(*stream_, "x");
  while (listeners.front()->told == 0)
    ASSERT_GT(home_.drain(), 0u);
  append(*stream_, "y");
  settle();
  EXPECT_EQ(listeners.front()->told, 2);
  EXPECT_EQ(listeners.back()->told, 1);
}

TEST_F(TailWatchTest, AStreamWhoseWaitersLeaveBeforeTheirTurnIsForgotten) {
  auto listeners = watch_many();
  append(*stream_, "x");
  while (listeners.front()->told == 0)
    ASSERT_GT(home_.drain(), 0u);
  listeners.clear();
  settle();
  EXPECT_EQ(tails_.streams_watched(), 0u);
}

}  // namespace
}  // namespace durable_streams::streams
