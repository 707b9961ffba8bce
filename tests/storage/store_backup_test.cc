// Backups, of a store that is written to between any two of their operations.
#include "storage/store_backup.h"

#include <gmock/gmock.h>

#include "interleaving_file_system.h"
#include "log_fixture.h"
#include "workload.h"

namespace durable_streams::storage {
namespace {

class StoreBackupTest : public LogFixture {
 protected:
  // What a server on the backup shows.
  std::string describe_backup(const std::string& to) {
    LogOptions restored = options();
    restored.data_dir = to;
    auto opened = LogEngine::open(std::move(restored));
    EXPECT_TRUE(opened) << opened.error().message();
    LogEngine* const log = opened->get();
    EngineDriver driver(*log, [log] { log->step(); });
    return describe(driver);
  }
};

TEST_F(StoreBackupTest, OfAStoppedStoreShowsTheSameAndLeavesItAlone) {
  open();
  run_workload(streams(), workload());
  const std::string expected = describe(streams());
  stop();
  for (const bool copy_all : {false, true}) {
    const std::string to = copy_all ? "copied" : "linked";
    const auto report = backup_store(disk_, "data", to, {copy_all});
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_EQ(report->linked_files == 0, copy_all);
    EXPECT_EQ(describe_backup(to), expected);
  }
  open();
  EXPECT_EQ(describe(streams()), expected);
}

TEST_F(StoreBackupTest, IsDurableOnceItIsMade) {
  open();
  streams().create("a", {}, "first,");
  const std::string expected = describe(streams());
  for (const std::string to : {"backup", "of/this/week"})
    ASSERT_TRUE(backup_store(disk_, "data", to, {}));
  crash();
  EXPECT_EQ(describe_backup("backup"), expected);
  EXPECT_EQ(describe_backup("of/this/week"), expected);
}

TEST_F(StoreBackupTest, GoesOnlyWhereNothingIs) {
  open();
  streams().create("a", {}, "first,");
  EXPECT_EQ(error_of(backup_store(disk_, "data", "data", {})).value(), EEXIST);
}

TEST_F(StoreBackupTest, OfADamagedStoreIsNotMade) {
  open();
  streams().create("a", {}, "first,");
  streams().append("a", "second,");
  stop();
  disk_.flip_bit(segment_path(1), disk_.content(segment_path(1)).find("first,") * 8);
  EXPECT_EQ(error_of(backup_store(disk_, "data", "backup", {})), Errc::corruption);
  LogOptions unfinished = options();
  unfinished.data_dir = "backup";
  const auto opened = LogEngine::open(std::move(unfinished));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().detail, ::testing::HasSubstr("no FORMAT"));
}

// Between operations of the backup a stream grows and another is deleted and made
// anew, so that the log rolls under it and runs take files' places, until its 60th.
// What was there at the beginning is in the backup; what came later is there up to
// one moment and no further.
TEST_F(StoreBackupTest, OfABusyStoreIsTheStoreAtOneMoment) {
  for (const bool copy_all : {false, true}) {
    for (int every = 1; every <= 5; ++every) {
      SCOPED_TRACE(every);
      testing::SimulatedFileSystem disk;
      auto engine = LogEngine::open(small_log(disk, clock_));
      ASSERT_TRUE(engine);
      LogEngine* const log = engine->get();
      EngineDriver driver(*log, [log] {
        while (log->step())
          continue;
      });
      driver.create("a", {}, "as it was");
      driver.create("b", {});
      std::vector<std::string> moments{describe(driver)};
      int operation = 0;
      InterleavingFileSystem busy(disk, [&] {
        if (++operation % every != 0 || operation > 60) return;
        driver.append("b", std::string(100 * (operation % 7), 'a') + ",");
        moments.push_back(describe(driver));
        driver.remove("a");
        moments.push_back(describe(driver));
        driver.create("a", {}, std::to_string(operation));
        moments.push_back(describe(driver));
        while (*log->tidy_step())
          continue;
      });
      const auto report = backup_store(busy, "data", "backup", {copy_all});
      ASSERT_TRUE(report) << report.error().message();

      auto opened = LogEngine::open(small_log(disk, clock_, "backup"));
      ASSERT_TRUE(opened) << opened.error().message();
      LogEngine* const copy = opened->get();
      EngineDriver restored_driver(*copy, [copy] { copy->step(); });
      EXPECT_THAT(moments, ::testing::Contains(describe(restored_driver)));
    }
  }
}

}  // namespace
}  // namespace durable_streams::storage
