#include "streams/expiry_sweep.h"

#include <gtest/gtest.h>

#include "streams_fixture.h"

namespace durable_streams::streams {
namespace {

class ExpirySweepTest : public StreamsFixture {
 protected:
  void create_many(const std::string& prefix, int count, uint64_t ttl_seconds) {
    for (int i = 0; i < count; ++i)
      create(prefix + std::to_string(i), "text/plain", ttl_seconds);
  }
  int left(const std::string& prefix, int count) {
    int found = 0;
    for (int i = 0; i < count; ++i)
      found += engine_->find(prefix + std::to_string(i)) != nullptr;
    return found;
  }
  // To the end of a walk.
  void sweep_all() {
    while (sweep_.tick() < 1000)
      settle();
    settle();
  }

  ExpirySweep sweep_{*engine_, home_};
};

TEST_F(ExpirySweepTest, ExpiredStreamsVanishByThemselves) {
  create_many("brief", 3000, 10);
  create_many("long", 300, 1000);
  sweep_all();
  EXPECT_EQ(left("brief", 3000), 3000);
  clock_.advance(10'001);
  sweep_all();
  EXPECT_EQ(left("brief", 3000), 0);
  EXPECT_EQ(left("long", 300), 300);
  EXPECT_EQ(sweep_.ending(), 0u);
}

TEST_F(ExpirySweepTest, EndsOnlySoManyAtATime) {
  create_many("brief", 9000, 10);
  clock_.advance(10'001);
  for (int i = 0; i < 20; ++i)
    sweep_.tick();  // Nothing is settled meanwhile.
  EXPECT_EQ(sweep_.ending(), 4000u);
  settle();
  EXPECT_EQ(sweep_.ending(), 0u);
  sweep_all();
  sweep_all();
  EXPECT_EQ(left("brief", 9000), 0);
}

TEST_F(ExpirySweepTest, GoesOnWhereStreamsWereTakenAway) {
  create_many("s", 2500, 10);
  sweep_.tick();
  for (int i = 0; i < 2500; ++i) {
    struct Remove final : RemoveTransaction {
      using RemoveTransaction::RemoveTransaction;
      void settled() noexcept override { delete this; }
    };
    if (i % 2 == 0) engine_->transact("s" + std::to_string(i), *new Remove(home_));
  }
  settle();
  clock_.advance(10'001);
  sweep_all();  // The rest of the walk.
  sweep_all();
  EXPECT_EQ(left("s", 2500), 0);
}

}  // namespace
}  // namespace durable_streams::streams
