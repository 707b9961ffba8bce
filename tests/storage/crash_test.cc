// Crashes a scripted workload at every operation on the disk, recovers, and
// compares with a plain model (workload.h). The disk's model is told in
// testing/simulated_file_system.h. The tidier works in between, so there are runs
// at every stage.
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>

#include "crash_store.h"
#include "sample_step.h"
#include "storage/store_survey.h"

namespace durable_streams::storage {
namespace {

using testing::Fate;

class Crash : public ::testing::TestWithParam<NamedFate> {
 protected:
  static uint64_t operations_of_workload() {
    testing::SimulatedFileSystem disk;
    testing::ManualClock clock;
    Store store(disk, clock);
    const RunResult result = store.run(tidied_workload());
    EXPECT_EQ(result.acknowledged, result.admitted.size());
    EXPECT_EQ(result.refused, 0u);
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
    if (store.engine) result = store.run(tidied_workload());
    return result;
  }

  // The number of admitted changes that the recovered store shows. Then the power
  // fails again.
  int recover_and_compare(testing::SimulatedFileSystem& disk, const RunResult& result,
                          std::string& text) {
    Store store(disk, clock_);
    EXPECT_TRUE(store.engine) << store.error.message();
    if (!store.engine) return -1;
    text = describe(*store.driver);
    const int prefix = matching_prefix(*store.driver, result);
    disk.cut_power_at(1);  // No clean stop.
    return prefix;
  }

  // What a crash leaves is no damage: nobody shall be sent to repair it.
  static void expect_nothing_to_repair(testing::SimulatedFileSystem& disk) {
    const auto survey = survey_store(disk, "data");
    if (!survey) {  // There was no store yet.
      ASSERT_EQ(survey.error().code, std::error_code(ENOENT, std::system_category()));
      return;
    }
    ASSERT_TRUE(survey->is_sound())
        << survey->damage[0].file << ": " << survey->damage[0].what;
  }

  testing::ManualClock clock_;
  std::optional<testing::SimulatedFileSystem> disk_;
};

INSTANTIATE_TEST_SUITE_P(Fates, Crash, ::testing::ValuesIn(fates),
                         [](const auto& fate) { return std::string(fate.param.name); });

TEST_P(Crash, AcknowledgedIsThereAndTheRestIsWholeOrAbsentAndStaysSo) {
  const uint64_t operations = operations_of_workload();
  ASSERT_GT(operations, 300u);
  for (uint64_t operation = 1; operation <= operations; operation += sample_step) {
    SCOPED_TRACE(operation);
    const RunResult result = run_until_crash(operation);
    disk_->power_on(GetParam().fate);
    ASSERT_NO_FATAL_FAILURE(expect_nothing_to_repair(*disk_));
    std::string first;
    std::string second;
    std::string third;
    ASSERT_GE(recover_and_compare(*disk_, result, first), 0)
        << "acknowledged " << result.acknowledged << " of " << result.admitted.size()
        << ", found\n"
        << first;
    disk_->power_on({Fate::Kind::lost});
    recover_and_compare(*disk_, result, second);
    disk_->power_on({Fate::Kind::kept});
    recover_and_compare(*disk_, result, third);
    ASSERT_EQ(first, second);
    ASSERT_EQ(first, third);
  }
}

TEST_P(Crash, ARecoveredStoreTakesFurtherChanges) {
  const uint64_t operations = operations_of_workload();
  for (uint64_t operation = 1; operation <= operations; operation += 3 * sample_step) {
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
        ASSERT_TRUE(store.engine->tidy_step());
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
  for (uint64_t operation = 1; operation <= operations; operation += sample_step) {
    SCOPED_TRACE(operation);
    const RunResult result = run_until_crash(operation);
    disk_->restart();
    ASSERT_NO_FATAL_FAILURE(expect_nothing_to_repair(*disk_));
    std::string first;
    std::string second;
    {
      Store store(*disk_, clock_);
      ASSERT_TRUE(store.engine) << store.error.message();
      ASSERT_GE(matching_prefix(*store.driver, result), 0);
      store.driver->create("c", {}, "acknowledged");
      ASSERT_TRUE(store.engine->tidy_step());
      first = describe(*store.driver);
      disk_->cut_power_at(1);
    }
    disk_->power_on(GetParam().fate);
    recover_and_compare(*disk_, result, second);
    ASSERT_EQ(first, second);
  }
}

TEST_P(Crash, ACrashDuringRecoveryChangesNothing) {
  const uint64_t operations = operations_of_workload();
  for (uint64_t operation = 2; operation <= operations; operation += sample_step) {
    const RunResult result = run_until_crash(operation);
    disk_->power_on(GetParam().fate);
    for (uint64_t again = 1;; ++again) {
      SCOPED_TRACE(std::to_string(operation) + ", then " + std::to_string(again));
      testing::SimulatedFileSystem disk;
      disk_->copy_to(disk);
      disk.cut_power_at(again);
      { const Store interrupted(disk, clock_); }
      const bool was_cut = disk.power_is_cut();
      disk.power_on({GetParam().fate.kind, GetParam().fate.sector_bytes, again});
      std::string text;
      ASSERT_GE(recover_and_compare(disk, result, text), 0)
          << "acknowledged " << result.acknowledged << " of " << result.admitted.size()
          << ", found\n"
          << text;
      if (!was_cut) break;
    }
  }
}

}  // namespace
}  // namespace durable_streams::storage
