// Crashes a scripted workload at every operation on the disk, recovers, and
// compares with a plain model (workload.h). The disk's model is told in
// testing/simulated_file_system.h.
#include <gtest/gtest.h>

#include "storage/log_engine.h"
#include "testing/manual_clock.h"
#include "testing/simulated_file_system.h"
#include "workload.h"

namespace durable_streams::storage {
namespace {

using testing::Fate;

// Small, so that the workload fills several.
constexpr uint64_t segment_bytes = 8 * 1024;

// Guessable, so that every run is the same.
uint64_t plain_salt() {
  return 42;
}

// An engine without threads on a simulated disk.
struct Store {
  explicit Store(testing::SimulatedFileSystem& disk,
                 const testing::ManualClock& clock) {
    auto opened = LogEngine::open({.data_dir = "data",
                                   .file_system = disk,
                                   .clock = clock,
                                   .segment_bytes = segment_bytes,
                                   .background = false,
                                   .salt_source = plain_salt});
    if (!opened) {
      error = opened.error();
      return;
    }
    engine = std::move(*opened);
    LogEngine* const log = engine.get();
    driver = std::make_unique<EngineDriver>(*log, [log] {
      while (log->step())
        continue;
    });
  }

  std::unique_ptr<LogEngine> engine;
  std::unique_ptr<EngineDriver> driver;
  Error error;
};

struct NamedFate {
  const char* name;
  Fate fate;
};

std::ostream& operator<<(std::ostream& out, const NamedFate& fate) {
  return out << fate.name;
}

constexpr NamedFate fates[] = {
    {"lost", {Fate::Kind::lost, 512, 0}},
    {"kept", {Fate::Kind::kept, 512, 0}},
    {"torn_512_a", {Fate::Kind::torn, 512, 1}},
    {"torn_512_b", {Fate::Kind::torn, 512, 2}},
    {"torn_4096_a", {Fate::Kind::torn, 4096, 3}},
    {"torn_4096_b", {Fate::Kind::torn, 4096, 4}},
};

class Crash : public ::testing::TestWithParam<NamedFate> {
 protected:
  static uint64_t operations_of_workload() {
    testing::SimulatedFileSystem disk;
    testing::ManualClock clock;
    Store store(disk, clock);
    const RunResult result = run_workload(*store.driver, workload());
    EXPECT_EQ(result.acknowledged, result.admitted.size());
    EXPECT_EQ(describe(*store.driver),
              describe_after(result.admitted, result.acknowledged));
    store.engine->close();
    return disk.operations();
  }

  // Runs the workload on a new disk until the power fails at `operation`.
  RunResult run_until_crash(uint64_t operation) {
    disk_.emplace();
    disk_->cut_power_at(operation);
    RunResult result;
    Store store(*disk_, clock_);
    if (store.engine) result = run_workload(*store.driver, workload());
    return result;
  }

  // The number of admitted changes that the recovered store shows. Then the power
  // fails again.
  int recover_and_compare(const RunResult& result, std::string& text) {
    Store store(*disk_, clock_);
    EXPECT_TRUE(store.engine) << store.error.message();
    if (!store.engine) return -1;
    text = describe(*store.driver);
    const int prefix = matching_prefix(*store.driver, result);
    disk_->cut_power_at(1);  // No clean stop.
    return prefix;
  }

  testing::ManualClock clock_;
  std::optional<testing::SimulatedFileSystem> disk_;
};

INSTANTIATE_TEST_SUITE_P(Fates, Crash, ::testing::ValuesIn(fates),
                         [](const auto& fate) { return std::string(fate.param.name); });

TEST_P(Crash, AcknowledgedIsThereAndTheRestIsWholeOrAbsent) {
  const uint64_t operations = operations_of_workload();
  ASSERT_GT(operations, 80u);
  for (uint64_t operation = 1; operation <= operations; ++operation) {
    SCOPED_TRACE(operation);
    const RunResult result = run_until_crash(operation);
    disk_->power_on(GetParam().fate);
    std::string text;
    ASSERT_GE(recover_and_compare(result, text), 0)
        << "acknowledged " << result.acknowledged << " of " << result.admitted.size()
        << ", found\n"
        << text;
  }
}

TEST_P(Crash, WhatRecoveryShowedStaysAcrossFurtherCrashes) {
  const uint64_t operations = operations_of_workload();
  for (uint64_t operation = 1; operation <= operations; ++operation) {
    SCOPED_TRACE(operation);
    const RunResult result = run_until_crash(operation);
    disk_->power_on(GetParam().fate);
    std::string first;
    std::string second;
    std::string third;
    recover_and_compare(result, first);
    disk_->power_on({Fate::Kind::lost});
    recover_and_compare(result, second);
    disk_->power_on({Fate::Kind::kept});
    recover_and_compare(result, third);
    ASSERT_EQ(first, second);
    ASSERT_EQ(first, third);
  }
}

TEST_P(Crash, ARecoveredStoreTakesFurtherChanges) {
  const uint64_t operations = operations_of_workload();
  for (uint64_t operation = 1; operation <= operations; operation += 3) {
    SCOPED_TRACE(operation);
    run_until_crash(operation);
    disk_->power_on(GetParam().fate);
    std::string expected;
    {
      Store store(*disk_, clock_);
      ASSERT_TRUE(store.engine) << store.error.message();
      EngineDriver& streams = *store.driver;
      for (const char* path : {"a", "b", "c"}) {
        streams.remove(path);
        ASSERT_EQ(streams.create(path, {}, path).settlement, Settlement::committed);
        streams.append(path, std::string(500, '+'));
      }
      expected = describe(streams);
    }
    disk_->power_on({Fate::Kind::lost});
    Store store(*disk_, clock_);
    ASSERT_TRUE(store.engine) << store.error.message();
    ASSERT_EQ(describe(*store.driver), expected);
  }
}

// The next process finds what was seen, not what is durable; what it shows and
// acknowledges must be.
TEST_P(Crash, WhatFollowsAKilledProcessSurvivesALossOfPower) {
  const uint64_t operations = operations_of_workload();
  for (uint64_t operation = 1; operation <= operations; ++operation) {
    SCOPED_TRACE(operation);
    const RunResult result = run_until_crash(operation);
    disk_->restart();
    std::string first;
    std::string second;
    {
      Store store(*disk_, clock_);
      ASSERT_TRUE(store.engine) << store.error.message();
      ASSERT_GE(matching_prefix(*store.driver, result), 0);
      store.driver->create("c", {}, "acknowledged");
      first = describe(*store.driver);
      disk_->cut_power_at(1);
    }
    disk_->power_on(GetParam().fate);
    recover_and_compare(result, second);
    ASSERT_EQ(first, second);
  }
}

TEST_P(Crash, ACrashDuringRecoveryChangesNothing) {
  const uint64_t operations = operations_of_workload();
  for (uint64_t operation = 2; operation <= operations; ++operation) {
    for (uint64_t again = 1;; ++again) {
      SCOPED_TRACE(std::to_string(operation) + ", then " + std::to_string(again));
      const RunResult result = run_until_crash(operation);
      disk_->power_on(GetParam().fate);
      disk_->cut_power_at(again);
      { const Store interrupted(*disk_, clock_); }
      const bool was_cut = disk_->power_is_cut();
      disk_->power_on({GetParam().fate.kind, GetParam().fate.sector_bytes, again});
      std::string text;
      ASSERT_GE(recover_and_compare(result, text), 0)
          << "acknowledged " << result.acknowledged << " of " << result.admitted.size()
          << ", found\n"
          << text;
      if (!was_cut) break;
    }
  }
}

TEST(FailingDisk, AFailedOperationEndsAcknowledgementsAndLosesNone) {
  for (uint64_t operation = 1;; ++operation) {
    SCOPED_TRACE(operation);
    testing::SimulatedFileSystem disk;
    const testing::ManualClock clock;
    RunResult result;
    disk.fail_at(operation, EIO);
    {
      Store store(disk, clock);
      if (store.engine) {
        result = run_workload(*store.driver, workload());
        const bool all = result.acknowledged == result.admitted.size();
        EXPECT_TRUE(all || !store.engine->health());
        if (!all) {
          EXPECT_EQ(store.driver->create("late").settlement, Settlement::unavailable);
        }
      }
    }
    if (disk.operations() < operation) break;
    for (const NamedFate& fate : {fates[0], fates[1], fates[3]}) {
      SCOPED_TRACE(fate.name);
      disk.power_on(fate.fate);
      Store store(disk, clock);
      ASSERT_TRUE(store.engine) << store.error.message();
      ASSERT_GE(matching_prefix(*store.driver, result), 0) << describe(*store.driver);
    }
  }
}

}  // namespace
}  // namespace durable_streams::storage
