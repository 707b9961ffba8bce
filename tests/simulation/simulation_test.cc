// Random workloads against the model, from the seeds 1 to 300: each in several
// lives of a server that ends by crashes, power cuts and failures of the disk.
// `bin/simulate` hunts longer and explains a failure.
#include "simulation.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace durable_streams::simulation {
namespace {

// Sanitizers make a run several times slower: their builds run fewer seeds.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t seeds = 60;
#else
constexpr uint64_t seeds = 300;
#endif

// Tests that may run side by side.
constexpr uint64_t shards = 12;

class Simulations : public ::testing::TestWithParam<uint64_t> {};

INSTANTIATE_TEST_SUITE_P(Shards, Simulations, ::testing::Range<uint64_t>(0, shards));

TEST_P(Simulations, KeepEveryPromiseToClients) {
  for (uint64_t seed = 1 + GetParam(); seed <= seeds; seed += shards) {
    const Outcome outcome = run(make_plan(seed));
    ASSERT_FALSE(outcome.failure)
        << *outcome.failure << "\nbin/simulate --seed " << seed << " explains it";
  }
}

TEST(Simulation, OfOneSeedIsTheSameEachTime) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const Outcome first = run(make_plan(seed));
    const Outcome second = run(make_plan(seed));
    EXPECT_EQ(first.history.lines(), second.history.lines());
    EXPECT_EQ(first.history.hash(), second.history.hash());
  }
  EXPECT_NE(run(make_plan(1)).history.hash(), run(make_plan(2)).history.hash());
}

TEST(Simulation, CrashesInTheMiddleOfEveryKindOfWork) {
  std::map<std::string, uint64_t> crashes;
  uint64_t changes = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    const Outcome outcome = run(make_plan(seed));
    changes += outcome.changes;
    for (const auto& [what, count] : outcome.crashes)
      crashes[what] += count;
  }
  EXPECT_GT(changes, 1'000u);
  for (const char* what : {"write data/log/#.log", "sync data/log/#.log",
                           "create data/log/#.log.new", "fill data/log/#.log.new",
                           "rename data/log/#.log.new", "sync directory data/log"}) {
    EXPECT_GT(crashes[what], 0u) << what;
  }
}

}  // namespace
}  // namespace durable_streams::simulation
