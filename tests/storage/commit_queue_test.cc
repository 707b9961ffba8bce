#include "storage/commit_queue.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <thread>

namespace durable_streams::storage {
namespace {

// Something to queue; the queue looks at nothing in it.
class Placeholder final : public Transaction {
 public:
  Placeholder() : Transaction(home_) {}
  Verdict decide(const protocol::StreamState*, const protocol::Moment&) override {
    return Verdict::no_change;
  }
  protocol::Unit& unit() override { return unit_; }
  void settled() noexcept override {}

 private:
  CompletionQueue home_{[] {}};
  protocol::Unit unit_;
};

// Plays the committer: takes until it has `count`.
size_t take_all(CommitQueue& queue, size_t count) {
  std::vector<Change> taken;
  while (taken.size() < count && queue.wait(-1) == CommitQueue::Waited::filled) {
    queue.take(taken);
  }
  return taken.size();
}

TEST(CommitQueue, ABurstReachesASleepingCommitterWhenItEnds) {
  CommitQueue queue;
  Placeholder one, two, three;
  size_t taken = 0;
  std::thread committer([&] { taken = take_all(queue, 3); });
  queue.begin_burst();
  for (Placeholder* change : {&one, &two, &three})
    queue.push_waiter(*change, 1);
  queue.end_burst(false);
  committer.join();
  EXPECT_EQ(taken, 3u);
}

TEST(CommitQueue, ABurstOnOneQueueHoldsNoOtherQueueBack) {
  CommitQueue queue, other;
  Placeholder change;
  size_t taken = 0;
  std::thread committer([&] { taken = take_all(other, 1); });
  queue.begin_burst();
  other.push_waiter(change, 1);
  committer.join();  // Before the burst ends.
  queue.end_burst(false);
  EXPECT_EQ(taken, 1u);
}

TEST(CommitQueue, AnotherThreadsChangesDoNotWaitForABurst) {
  CommitQueue queue;
  Placeholder mine, others;
  size_t taken = 0;
  std::thread committer([&] { taken = take_all(queue, 2); });
  queue.begin_burst();
  queue.push_waiter(mine, 1);
  std::thread([&] { queue.push_waiter(others, 1); }).join();
  committer.join();  // The other's wake-up brings both.
  queue.end_burst(false);
  EXPECT_EQ(taken, 2u);
}

// Has `bursts` of one change offered until one is: the committer may be awake.
bool offer_until_owed(CommitQueue& queue, Placeholder& change, int bursts) {
  for (int i = 0; i < bursts; ++i) {
    queue.begin_burst();
    queue.push_waiter(change, 1);
    if (queue.end_burst(true) == CommitQueue::Owed::lone_change) return true;
    std::this_thread::yield();
  }
  return false;
}

TEST(CommitQueue, ALoneChangeIsOfferedWhileTheCommitterSleepsOn) {
  CommitQueue queue;
  Placeholder change;
  std::thread committer([&] { take_all(queue, SIZE_MAX); });
  EXPECT_TRUE(offer_until_owed(queue, change, 1'000'000));
  std::vector<Change> taken;
  EXPECT_TRUE(queue.take_lone(taken, 0));
  EXPECT_EQ(taken.size(), 1u);
  queue.close();
  committer.join();
}

TEST(CommitQueue, WhatIsOfferedAndNotTakenGoesToTheCommitterThatIsWoken) {
  CommitQueue queue;
  Placeholder change;
  size_t taken = 0;
  std::thread committer([&] { taken = take_all(queue, SIZE_MAX); });
  ASSERT_TRUE(offer_until_owed(queue, change, 1'000'000));
  queue.wake();
  while (!queue.empty())
    std::this_thread::yield();
  queue.close();
  committer.join();
  EXPECT_GE(taken, 1u);
}

TEST(CommitQueue, OnlyOneChangeThatIsShortEnoughIsLone) {
  CommitQueue queue;
  Placeholder transaction;
  std::vector<Change> taken;
  EXPECT_FALSE(queue.take_lone(taken, 100));
  queue.push_waiter(transaction, 1);
  queue.push_waiter(transaction, 1);
  EXPECT_FALSE(queue.take_lone(taken, 100));
  queue.take(taken);
  EXPECT_EQ(taken.size(), 2u);
}

TEST(CommitQueue, QuietAndEndedAreToldApart) {
  CommitQueue queue;
  EXPECT_EQ(queue.wait(0), CommitQueue::Waited::quiet);
  Placeholder change;
  queue.push_waiter(change, 1);
  queue.close();
  EXPECT_EQ(queue.wait(-1), CommitQueue::Waited::filled);
  std::vector<Change> taken;
  queue.take(taken);
  EXPECT_EQ(queue.wait(-1), CommitQueue::Waited::ended);
}

}  // namespace
}  // namespace durable_streams::storage
