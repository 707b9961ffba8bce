// Makes every operation on the disk, and every look at it, fail once while a
// scripted workload runs: acknowledgements may end, or changes be refused, but none
// that was acknowledged is lost, and none that was refused is there.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include "crash_store.h"
#include "sample_step.h"

namespace durable_streams::storage {
namespace {

class FailingDisk : public ::testing::TestWithParam<int> {
 protected:
  // With what was armed before; false once that comes too late to be met.
  using Arm = void (testing::SimulatedFileSystem::*)(uint64_t, int);
  using Count = uint64_t (testing::SimulatedFileSystem::*)() const;
  void fail_each(Arm arm, Count count) {
    for (uint64_t number = 1;; number += sample_step) {
      SCOPED_TRACE(number);
      testing::SimulatedFileSystem disk;
      testing::ManualClock clock;
      (disk.*arm)(number, GetParam());
      RunResult result;
      {
        Store store(disk, clock);
        if (store.engine) {
          result = store.run(tidied_workload());
          expect_refusals_to_have_a_reason(*store.engine, result);
        } else {
          ASSERT_EQ(store.error.code.category(), std::system_category())
              << store.error.message();
        }
      }
      if ((disk.*count)() < number) return;
      for (const NamedFate& fate : {fates[0], fates[1], fates[3]}) {
        SCOPED_TRACE(fate.name);
        disk.power_on(fate.fate);
        Store store(disk, clock);
        ASSERT_TRUE(store.engine) << store.error.message();
        ASSERT_GE(matching_prefix(*store.driver, result), 0) << describe(*store.driver);
      }
    }
  }

  // A lack of space or of descriptors passes; other failures end all writing.
  void expect_refusals_to_have_a_reason(const LogEngine& engine,
                                        const RunResult& result) {
    const bool all =
        result.acknowledged == result.admitted.size() && result.refused == 0;
    const bool passes = GetParam() == ENOSPC || GetParam() == EMFILE;
    EXPECT_TRUE(all || passes || !engine.health());
  }
};

INSTANTIATE_TEST_SUITE_P(Errors, FailingDisk, ::testing::Values(EIO, ENOSPC, EMFILE),
                         [](const auto& error) {
                           return std::string(strerrorname_np(error.param));
                         });

TEST_P(FailingDisk, AFailedOperationLosesNothingAcknowledged) {
  fail_each(&testing::SimulatedFileSystem::fail_at,
            &testing::SimulatedFileSystem::operations);
}

TEST_P(FailingDisk, AFailedLookLosesNothingAcknowledged) {
  fail_each(&testing::SimulatedFileSystem::fail_look_at,
            &testing::SimulatedFileSystem::looks);
}

}  // namespace
}  // namespace durable_streams::storage
