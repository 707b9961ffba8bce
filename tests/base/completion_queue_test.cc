// Order, chains, and one wake-up per batch.
#include "base/completion_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace durable_streams {
namespace {

class Recorder final : public Completion {
 public:
  Recorder(int number, std::vector<int>& order) : number_(number), order_(order) {}
  void complete() noexcept override { order_.push_back(number_); }

 private:
  const int number_;
  std::vector<int>& order_;
};

class CompletionQueueTest : public ::testing::Test {
 protected:
  int wake_ups = 0;
  CompletionQueue queue{[this] { ++wake_ups; }};
  std::vector<int> order;
};

TEST_F(CompletionQueueTest, RunsInTheOrderOfPostsAndWakesOncePerBatch) {
  Recorder one(1, order), two(2, order), three(3, order);
  queue.post(one);
  queue.post(two);
  queue.post(three);
  EXPECT_EQ(wake_ups, 1);
  EXPECT_FALSE(queue.empty());
  EXPECT_EQ(queue.drain(), 3u);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_TRUE(queue.empty());
  queue.post(one);
  EXPECT_EQ(wake_ups, 2);
  EXPECT_EQ(queue.drain(), 1u);
  EXPECT_EQ(queue.drain(), 0u);
}

TEST_F(CompletionQueueTest, ChainsKeepTheirOrderBetweenPosts) {
  Recorder before(0, order), oldest(1, order), middle(2, order), newest(3, order),
      after(4, order);
  CompletionQueue::link(middle, oldest);
  CompletionQueue::link(newest, middle);
  queue.post(before);
  queue.post_chain(newest, oldest);
  queue.post(after);
  EXPECT_EQ(wake_ups, 1);
  EXPECT_EQ(queue.drain(), 5u);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST_F(CompletionQueueTest, ACompletionMayDeleteItselfOrPostAgain) {
  class Deleting final : public Completion {
   public:
    void complete() noexcept override { delete this; }
  };
  class Again final : public Completion {
   public:
    explicit Again(CompletionQueue& to) : to_(to) {}
    void complete() noexcept override {
      if (++ran < 3) to_.post(*this);
    }
    int ran = 0;

   private:
    CompletionQueue& to_;
  };
  Again again(queue);
  queue.post(*new Deleting);
  queue.post(again);
  EXPECT_EQ(queue.drain(), 2u);
  EXPECT_EQ(again.ran, 1) << "what is posted meanwhile waits for the next drain()";
  EXPECT_EQ(queue.drain(), 1u);
  EXPECT_EQ(queue.drain(), 1u);
  EXPECT_EQ(again.ran, 3);
}

TEST(CompletionQueue, LosesNothingBetweenThreads) {
  constexpr int threads = 4;
  constexpr int posts = 10'000;
  std::atomic<int> wake_ups{0};
  CompletionQueue queue([&] { ++wake_ups; });
  struct Counting final : public Completion {
    explicit Counting(int& ran_) : ran(ran_) {}
    void complete() noexcept override { ++ran; }
    int& ran;
  };
  int ran = 0;
  std::vector<std::unique_ptr<Counting>> all;
  for (int i = 0; i < threads * posts; ++i)
    all.push_back(std::make_unique<Counting>(ran));
  std::vector<std::thread> posters;
  for (int t = 0; t < threads; ++t) {
    posters.emplace_back([&, t] {
      for (int i = 0; i < posts; ++i)
        queue.post(*all[static_cast<size_t>(t * posts + i)]);
    });
  }
  size_t drained = 0;
  while (drained < all.size())
    drained += queue.drain();
  for (std::thread& poster : posters)
    poster.join();
  EXPECT_EQ(ran, threads * posts);
  EXPECT_GE(wake_ups, 1);
}

}  // namespace
}  // namespace durable_streams
