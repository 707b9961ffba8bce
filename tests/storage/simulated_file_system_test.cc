// That the simulated disk is as bad as its header says.
#include "testing/simulated_file_system.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace durable_streams::testing {
namespace {

class SimulatedDisk : public ::testing::Test {
 protected:
  SimulatedDisk() {
    EXPECT_TRUE(disk_.create_directory("d"));
    EXPECT_TRUE(disk_.sync_directory("."));
    make("d/a");
    EXPECT_TRUE(disk_.sync_directory("d"));
  }
  void make(const char* path) { file_ = *disk_.open_writable(path, OpenMode::create); }
  Result<void> write(uint64_t position, std::string_view text) {
    return file_->write_at(position, {&text, 1});
  }

  SimulatedFileSystem disk_;
  std::unique_ptr<WritableFile> file_;
};

TEST_F(SimulatedDisk, WhatIsNotSyncedIsLostOrKept) {
  for (const Fate::Kind kind : {Fate::Kind::lost, Fate::Kind::kept}) {
    SimulatedFileSystem disk;
    ASSERT_TRUE(disk.create_directory("d"));
    ASSERT_TRUE(disk.sync_directory("."));
    file_ = *disk.open_writable("d/a", OpenMode::create);
    ASSERT_TRUE(disk.sync_directory("d"));
    ASSERT_TRUE(write(0, "synced"));
    ASSERT_TRUE(file_->sync());
    ASSERT_TRUE(write(6, " and not"));
    EXPECT_EQ(disk.content("d/a"), "synced and not");
    disk.power_on({kind});
    EXPECT_EQ(disk.content("d/a"),
              kind == Fate::Kind::lost ? "synced" : "synced and not");
    EXPECT_FALSE(write(0, "an old handle"));
  }
}

TEST_F(SimulatedDisk, ALinkSharesTheBytesAndIsLostWithoutASyncOfItsDirectory) {
  ASSERT_TRUE(write(0, "text"));
  ASSERT_TRUE(file_->sync());
  ASSERT_TRUE(disk_.link("d/a", "d/b"));
  ASSERT_TRUE(disk_.sync_directory("d"));
  ASSERT_TRUE(disk_.link("d/a", "d/c"));
  EXPECT_EQ(disk_.used_bytes(), 4u);
  disk_.power_on({Fate::Kind::lost});
  EXPECT_EQ(disk_.content("d/b"), "text");
  EXPECT_FALSE(*disk_.exists("d/c"));
  ASSERT_TRUE(disk_.remove("d/a"));
  EXPECT_EQ(disk_.content("d/b"), "text");
}

TEST_F(SimulatedDisk, TornWritesKeepSomeSectorsOfThem) {
  const std::string old(4096, 'o');
  const std::string fresh(4096, 'n');
  ASSERT_TRUE(write(0, old));
  ASSERT_TRUE(file_->sync());
  ASSERT_TRUE(write(0, fresh));
  disk_.power_on({Fate::Kind::torn, 512, 7});
  const std::string content = disk_.content("d/a");
  size_t kept = 0;
  for (size_t sector = 0; sector < 4096; sector += 512) {
    const std::string_view bytes = std::string_view(content).substr(sector, 512);
    EXPECT_EQ(bytes.find_first_not_of(bytes.front()), std::string_view::npos);
    kept += bytes.front() == 'n';
  }
  EXPECT_GT(kept, 0u);
  EXPECT_LT(kept, 8u);
}

TEST_F(SimulatedDisk, ReorderedWritesAreWholeAndInAnyOrder) {
  bool later_without_earlier = false;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::string zeros(2048, '\0');
    const std::string first(1024, '1');
    const std::string second(1024, '2');
    ASSERT_TRUE(write(0, zeros));
    ASSERT_TRUE(file_->sync());
    ASSERT_TRUE(write(0, first));
    ASSERT_TRUE(write(1024, second));
    disk_.power_on({Fate::Kind::reordered, 512, seed});
    const std::string content = disk_.content("d/a");
    for (const size_t at : {size_t{0}, size_t{1024}}) {
      const std::string_view half = std::string_view(content).substr(at, 1024);
      ASSERT_EQ(half.find_first_not_of(half.front()), std::string_view::npos);
    }
    later_without_earlier |= content[0] == '\0' && content[1024] == '2';
    file_ = *disk_.open_writable("d/a", OpenMode::read_write);
  }
  EXPECT_TRUE(later_without_earlier);
}

TEST_F(SimulatedDisk, AZeroExtendedFileHasItsSizeAndZerosForWhatIsLost) {
  ASSERT_TRUE(write(0, std::string(4096, 'n')));
  disk_.power_on({Fate::Kind::zero_extended, 512, 7});
  const std::string content = disk_.content("d/a");
  ASSERT_EQ(content.size(), 4096u);
  EXPECT_NE(content.find('\0'), std::string::npos);
  EXPECT_NE(content.find('n'), std::string::npos);
}

TEST_F(SimulatedDisk, AKilledProcessLeavesWhatWasSeenAndItStaysInFlight) {
  ASSERT_TRUE(write(0, "seen"));
  make("d/b");
  disk_.restart();
  EXPECT_EQ(disk_.content("d/a"), "seen");
  EXPECT_TRUE(*disk_.exists("d/b"));
  EXPECT_FALSE(write(0, "an old handle"));
  disk_.power_on({Fate::Kind::lost});
  EXPECT_EQ(disk_.content("d/a"), "");
  EXPECT_FALSE(*disk_.exists("d/b"));
}

TEST_F(SimulatedDisk, ADirectoryThatIsNotSyncedTakesItsFilesWithIt) {
  ASSERT_TRUE(disk_.create_directory("e/f"));
  make("e/f/a");
  ASSERT_TRUE(disk_.sync_directory("e/f"));
  ASSERT_TRUE(disk_.sync_directory("e"));
  disk_.power_on({Fate::Kind::lost});
  EXPECT_FALSE(*disk_.exists("e/f/a"));
  EXPECT_FALSE(*disk_.exists("e"));
}

TEST_F(SimulatedDisk, AFailedWriteHasComeHalfWay) {
  disk_.fail_at(1, ENOSPC);
  const auto failed = write(0, "12345678");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, std::error_code(ENOSPC, std::system_category()));
  EXPECT_EQ(disk_.content("d/a"), "1234");
  EXPECT_TRUE(write(4, "5678"));
}

TEST_F(SimulatedDisk, LooksAreCountedAndFailByThemselves) {
  ASSERT_TRUE(write(0, "text"));
  disk_.fail_look_at(1, EIO);
  char byte;
  EXPECT_FALSE(file_->read_at(0, &byte, 1));
  EXPECT_TRUE(file_->read_at(0, &byte, 1));
}

TEST_F(SimulatedDisk, DescriptorsRunOut) {
  EXPECT_EQ(disk_.open_descriptors(), 1u);
  disk_.set_descriptor_limit(2);
  auto second = disk_.open_readable("d/a");
  ASSERT_TRUE(second);
  const auto third = disk_.open_readable("d/a");
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, std::error_code(EMFILE, std::system_category()));
  EXPECT_FALSE(disk_.try_lock("d/lock"));
  second->reset();
  EXPECT_TRUE(disk_.try_lock("d/lock"));
}

TEST_F(SimulatedDisk, AReadOnlyDiskIsReadAndNotChanged) {
  ASSERT_TRUE(write(0, "text"));
  disk_.set_read_only(true);
  EXPECT_FALSE(write(0, "more"));
  EXPECT_FALSE(disk_.remove("d/a"));
  EXPECT_FALSE(disk_.open_writable("d/a", OpenMode::read_write));
  EXPECT_TRUE(disk_.open_readable("d/a"));
  EXPECT_EQ(disk_.content("d/a"), "text");
}

TEST_F(SimulatedDisk, NamesThatAreNotSyncedAreLost) {
  make("d/b");
  ASSERT_TRUE(write(0, "text"));
  ASSERT_TRUE(file_->sync());
  ASSERT_TRUE(disk_.remove("d/a"));
  disk_.power_on({Fate::Kind::lost});
  EXPECT_TRUE(*disk_.exists("d/a"));
  EXPECT_FALSE(*disk_.exists("d/b"));
  ASSERT_TRUE(disk_.rename("d/a", "d/c"));
  ASSERT_TRUE(disk_.sync_directory("d"));
  disk_.power_on({Fate::Kind::lost});
  EXPECT_FALSE(*disk_.exists("d/a"));
  EXPECT_TRUE(*disk_.exists("d/c"));
}

TEST_F(SimulatedDisk, AfterAFailedSyncNoLaterOneHelps) {
  ASSERT_TRUE(write(0, "doomed"));
  disk_.fail_at(1, EIO);
  EXPECT_FALSE(file_->sync());
  ASSERT_TRUE(file_->sync());
  EXPECT_EQ(disk_.content("d/a"), "doomed");
  disk_.power_on({Fate::Kind::lost});
  EXPECT_EQ(disk_.content("d/a"), "");
}

TEST_F(SimulatedDisk, BytesWrittenAnewAndSyncedAreNotUndoneByAFailedSync) {
  ASSERT_TRUE(write(0, "doomed, and more"));
  disk_.fail_at(1, EIO);
  EXPECT_FALSE(file_->sync());
  ASSERT_TRUE(write(4, "new"));
  ASSERT_TRUE(file_->sync());
  disk_.power_on({Fate::Kind::kept});
  EXPECT_EQ(disk_.content("d/a"), "doomnew and more");
}

TEST_F(SimulatedDisk, ASyncThatAKillInterruptsHasNotFailed) {
  ASSERT_TRUE(write(0, "seen"));
  disk_.cut_power_at(1);
  EXPECT_FALSE(file_->sync());
  disk_.restart();
  file_ = *disk_.open_writable("d/a", OpenMode::read_write);
  ASSERT_TRUE(file_->sync());
  disk_.power_on({Fate::Kind::lost});
  EXPECT_EQ(disk_.content("d/a"), "seen");
}

TEST_F(SimulatedDisk, AtThePowerCutAllOperationsFail) {
  disk_.cut_power_at(2);
  ASSERT_TRUE(write(0, "one"));
  EXPECT_FALSE(write(3, "two"));
  EXPECT_FALSE(file_->sync());
  char byte;
  EXPECT_FALSE(file_->read_at(0, &byte, 1));
  disk_.power_on({Fate::Kind::kept});
  EXPECT_EQ(disk_.content("d/a"), "onetwo");
}

TEST_F(SimulatedDisk, AFullDiskTakesNoMore) {
  disk_.set_capacity(10);
  EXPECT_TRUE(write(0, "0123456789"));
  const auto full = write(10, "x");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, std::error_code(ENOSPC, std::system_category()));
  EXPECT_EQ(disk_.content("d/a"), "0123456789");
  EXPECT_FALSE(write(8, "abcd"));
  EXPECT_EQ(disk_.content("d/a"), "01234567ab") << "what there was room for";
  EXPECT_TRUE(write(0, "abc"));
  ASSERT_TRUE(disk_.remove("d/a"));
  make("d/b");
  EXPECT_TRUE(write(0, "0123456789"));
}

}  // namespace
}  // namespace durable_streams::testing
