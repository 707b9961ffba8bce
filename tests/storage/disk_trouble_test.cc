// A disk without room, or that fails: each trouble and the answer to it
// (docs/durability.md, "When the disk is in trouble").
#include <gmock/gmock.h>

#include <cerrno>

#include "log_fixture.h"

namespace durable_streams::storage {
namespace {

using testing::Fate;

class DiskTrouble : public LogFixture {
 protected:
  // Nothing that is not there already finds room.
  void fill_disk() {
    disk_.set_capacity(disk_.used_bytes());
    streams().pump();
  }
  // How many of `streams` could be removed.
  int remove_all(int count) {
    int removed = 0;
    for (int i = 0; i < count; ++i) {
      const Receipt receipt = streams().remove("s" + std::to_string(i));
      if (receipt.settlement == Settlement::committed) ++removed;
    }
    return removed;
  }
  void create_streams(int count) {
    for (int i = 0; i < count; ++i)
      streams().create("s" + std::to_string(i), {}, "text");
  }
};

TEST_F(DiskTrouble, AFullDiskRefusesDataAndTakesEndings) {
  open();
  streams().create("a", {}, "text");
  streams().create("b");
  disk_.set_capacity(disk_.used_bytes());
  Settlement last = Settlement::committed;
  Receipt receipt;
  int appended = 0;
  while (last == Settlement::committed) {
    receipt = streams().append("a", std::string(1000, 'x'));
    last = receipt.settlement;
    if (last == Settlement::committed) ++appended;
    ASSERT_LT(appended, 100);
  }
  EXPECT_EQ(last, Settlement::unavailable);
  EXPECT_TRUE(receipt.disk_full);
  EXPECT_TRUE(engine_->health());
  EXPECT_EQ(streams().read_all("a").size(), 4u + 1000u * static_cast<size_t>(appended));
  EXPECT_EQ(streams().create("c").settlement, Settlement::unavailable);
  EXPECT_EQ(streams().close("a").settlement, Settlement::committed);
  EXPECT_EQ(streams().remove("b").settlement, Settlement::committed);

  disk_.set_capacity(UINT64_MAX);
  streams().pump();
  EXPECT_EQ(streams().create("c").settlement, Settlement::committed);
}

TEST_F(DiskTrouble, WhatWasAdmittedWaitsForSpace) {
  open();
  streams().create("a");
  disk_.set_capacity(disk_.used_bytes());
  std::vector<Pending> pending;
  for (int i = 0; i < 20; ++i) {
    pending.push_back(streams().begin_append("a", std::string(1000, 'x')));
  }
  streams().pump();
  streams().home().queue.drain();
  EXPECT_TRUE(pending.front()->is_settled);
  EXPECT_FALSE(pending.back()->is_settled);
  EXPECT_TRUE(streams().append("a", "more").disk_full);
  disk_.set_capacity(UINT64_MAX);
  streams().settle_all();
  EXPECT_EQ(streams().read_all("a").size(), 20'000u);
}

TEST_F(DiskTrouble, ClosingWhileTheDiskIsFullLeavesNobodyWaiting) {
  for (const bool began_to_wait : {false, true}) {
    open();
    streams().create("a");
    disk_.set_capacity(disk_.used_bytes());
    std::vector<Pending> pending;
    for (int i = 0; i < 20; ++i) {
      pending.push_back(streams().begin_append("a", std::string(1000, 'x')));
    }
    if (began_to_wait) streams().pump();
    engine_->close();
    streams().home().queue.drain();
    EXPECT_EQ(pending.front()->receipt.settlement, Settlement::committed);
    ASSERT_TRUE(pending.back()->is_settled);
    EXPECT_EQ(pending.back()->receipt.settlement, Settlement::unknown);
    disk_.set_capacity(UINT64_MAX);
    stop();
  }
}

TEST_F(DiskTrouble, EndingsOnAFullDiskGoOnInTheReserve) {
  open();
  create_streams(100);
  fill_disk();
  // More than what is left of the log can take: two batch records and one each.
  constexpr int removals_a_segment = 4096 / (64 + 64 + 40);
  EXPECT_GT(remove_all(100), 2 * removals_a_segment);
  EXPECT_FALSE(*disk_.exists("data/log/reserve"));
  EXPECT_TRUE(streams().append("s99", "more").disk_full);

  disk_.set_capacity(UINT64_MAX);
  streams().pump();
  streams().pump();
  EXPECT_TRUE(*disk_.exists("data/log/reserve"));
  EXPECT_EQ(streams().create("a", {}, "text").settlement, Settlement::committed);
  stop();
  open();
  EXPECT_FALSE(streams().exists("s0"));
  EXPECT_EQ(streams().read_all("a"), "text");
}

TEST_F(DiskTrouble, AFullDiskIsOpenedForReadsAndEndings) {
  const auto open_large = [this] {
    LogOptions large = options();
    large.segment_bytes = 256 * 1024;
    large.reserve_bytes = 64 * 1024;
    const auto opened = try_open(std::move(large));
    ASSERT_TRUE(opened) << opened.error().message();
  };
  open_large();
  create_streams(20);
  streams().append("s0", std::string(3000, 'x'));
  // The segment made ahead, the reserve, and twice what cutting zeros gives back.
  for (int start = 0; start < 4; ++start) {
    SCOPED_TRACE(start);
    fill_disk();
    if (start % 3 == 0) {
      crash();
    } else if (start % 3 == 1) {
      crash({Fate::Kind::kept});
    } else {
      stop();
    }
    open_large();
    EXPECT_EQ(streams().read_all("s0"), "text" + std::string(3000, 'x'));
    const Receipt refused = streams().append("s0", std::string(100, 'y'));
    EXPECT_EQ(refused.settlement, Settlement::unavailable);
    EXPECT_TRUE(refused.disk_full);
    const std::string path = "s" + std::to_string(19 - start);
    EXPECT_EQ(streams().remove(path).settlement, Settlement::committed);
    EXPECT_FALSE(streams().exists(path));
  }
  disk_.set_capacity(UINT64_MAX);
  streams().pump();
  streams().pump();
  EXPECT_EQ(streams().append("s0", "and more").settlement, Settlement::committed);
}

TEST_F(DiskTrouble, AStartOnAFullDiskKeepsWhatMayBeDurable) {
  open();
  streams().create("a", {}, "first,");
  fill_disk();
  disk_.cut_power_at(2);  // The sync.
  EXPECT_EQ(streams().close("a").settlement, Settlement::unknown);
  stop();
  disk_.power_on({Fate::Kind::kept});
  open();
  EXPECT_TRUE(streams().snapshot("a").closed);
  crash();
  open();
  EXPECT_TRUE(streams().snapshot("a").closed);
}

TEST_F(DiskTrouble, WithoutDescriptorsAppendsAreRefusedUntilThereAreSome) {
  open();
  streams().create("a");
  disk_.set_descriptor_limit(0);
  Receipt receipt;
  int appended = 0;
  for (; appended < 100; ++appended) {
    receipt = streams().append("a", std::string(1000, 'x'));
    if (receipt.settlement != Settlement::committed) break;
  }
  EXPECT_LT(appended, 100);
  EXPECT_EQ(receipt.settlement, Settlement::unavailable);
  EXPECT_FALSE(receipt.disk_full);
  EXPECT_TRUE(engine_->health());
  EXPECT_EQ(streams().create("b").settlement, Settlement::unavailable);
  disk_.set_descriptor_limit(SIZE_MAX);
  streams().pump();
  EXPECT_EQ(streams().append("a", "x").settlement, Settlement::committed);
}

TEST_F(DiskTrouble, AReadThatFailsSaysSoAndTheNextOneIsRight) {
  open();
  streams().create("a", {}, "text");
  for (const int error_number : {EIO, EMFILE}) {
    disk_.fail_look_at(1, error_number);
    EXPECT_EQ(error_of(streams().read("a", {})),
              std::error_code(error_number, std::system_category()));
    EXPECT_TRUE(engine_->health());
    EXPECT_EQ(streams().read_all("a"), "text");
  }
}

TEST_F(DiskTrouble, AReadOnlyDiskIsNamedAtTheStart) {
  open();
  streams().create("a", {}, "text");
  stop();
  disk_.set_read_only(true);
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, std::error_code(EROFS, std::system_category()));
  EXPECT_THAT(opened.error().message(), ::testing::HasSubstr("data"));
  disk_.set_read_only(false);
  open();
  EXPECT_EQ(streams().read_all("a"), "text");
}

TEST_F(DiskTrouble, WithThreadsOfItsOwnTheEngineWaitsForSpaceToo) {
  LogOptions with_threads = options();
  with_threads.background = true;
  open();
  streams().create("a");
  fill_disk();
  stop();
  auto opened = LogEngine::open(with_threads);
  ASSERT_TRUE(opened) << opened.error().message();
  {
    EngineDriver driver(**opened, nullptr);
    EXPECT_EQ(driver.read_all("a"), "");
    // It may take a moment until it knows.
    std::vector<Pending> pending;
    for (int i = 0; i < 30; ++i)
      pending.push_back(driver.begin_append("a", std::string(1000, 'x')));
    disk_.set_capacity(UINT64_MAX);
    size_t kept = 0;
    for (const Pending& one : pending) {
      const Receipt receipt = driver.settle(one);
      EXPECT_TRUE(receipt.settlement == Settlement::committed || receipt.disk_full);
      if (receipt.settlement == Settlement::committed) ++kept;
    }
    EXPECT_EQ(driver.read_all("a").size(), 1000 * kept);
    (*opened)->close();
  }
}

TEST_F(DiskTrouble, AfterAFailedSyncNothingIsWrittenAndReadsGoOn) {
  open();
  streams().create("a", {}, "text");
  disk_.fail_at(2, EIO);  // The write passes, the sync does not.
  EXPECT_EQ(streams().append("a", "lost?").settlement, Settlement::unknown);
  ASSERT_FALSE(engine_->health());
  EXPECT_THAT(engine_->health().error().detail, ::testing::HasSubstr("sync data/log"));
  const uint64_t before = disk_.operations();
  EXPECT_EQ(streams().append("a", "more").settlement, Settlement::unavailable);
  EXPECT_EQ(streams().settle(streams().begin_look("a")).settlement,
            Settlement::unknown);
  EXPECT_EQ(streams().read_all("a"), "text");
  stop();
  EXPECT_EQ(disk_.operations(), before);
}

}  // namespace
}  // namespace durable_streams::storage
