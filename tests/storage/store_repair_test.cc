// What a repair keeps and what it gives up.
#include "storage/store_repair.h"

#include <gmock/gmock.h>

#include "log_fixture.h"
#include "sample_step.h"
#include "storage/salvage_source.h"
#include "storage/segment_scanner.h"
#include "stored_files.h"
#include "workload.h"

namespace durable_streams::storage {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class StoreRepairTest : public LogFixture {
 protected:
  // Three segments: "a" in all of them; "b" is created in the first and ends in
  // the second; "c" is in the second.
  void fill() {
    open();
    streams().create("a", {}, "first,");
    streams().create("b", {}, "other,");
    streams().append("a", "second,", by("p", 0));
    stop();
    open();
    streams().append("a", "third,", by("p", 1));
    streams().create("c", {.content_type = "text/plain"}, "see,");
    streams().remove("b");
    stop();
    open();
    streams().append("a", "fourth,", by("p", 2));
    streams().append("c", "saw,");
    stop();
  }
  static AppendExtras by(const char* id, uint64_t seq) {
    return {.producer = protocol::ProducerTuple{id, 0, seq}};
  }
  void damage(uint32_t segment, std::string_view text) {
    damage_file(segment_path(segment), text);
  }
  void damage_file(const std::string& path, std::string_view text) {
    const size_t position = disk_.content(path).find(text);
    ASSERT_NE(position, std::string::npos) << text;
    disk_.flip_bit(path, position * 8);
  }
  // Expects damage before and none after, and opens.
  RepairReport repair() {
    EXPECT_EQ(error_of(try_open()), Errc::corruption);
    return repair_what_opens();
  }
  RepairReport repair_what_opens() {
    auto report = repair_store(disk_, "data", clock_);
    if (!report) {
      ADD_FAILURE() << report.error().message();
      return {};
    }
    EXPECT_FALSE(report->before.is_sound());
    EXPECT_TRUE(report->after.is_sound());
    open();
    return std::move(*report);
  }
};

TEST_F(StoreRepairTest, ASoundStoreIsLeftAlone) {
  fill();
  const auto report = repair_store(disk_, "data", clock_);
  ASSERT_TRUE(report);
  EXPECT_THAT(report->replaced, IsEmpty());
  EXPECT_EQ(report->kept_in, "");
}

TEST_F(StoreRepairTest, AStreamBeginsBehindItsHole) {
  fill();
  damage(2, "third,");
  repair();
  EXPECT_EQ(streams().read_all("a"), "fourth,");
  EXPECT_EQ(streams().snapshot("a").tail.position, 26u);  // As before.
  const uint64_t id = streams().snapshot("a").stream_id;
  EXPECT_EQ(error_of(streams().read("a", {id, 6})), Errc::offset_gone);
  EXPECT_EQ(streams().read_all("c"), "see,saw,");
  EXPECT_FALSE(streams().exists("b"));
  // The producer is known: its newest append is a duplicate.
  EXPECT_EQ(streams().append("a", "fourth,", by("p", 2)).settlement,
            Settlement::unchanged);
}

TEST_F(StoreRepairTest, ATailThatIsLostIsNotUsedAgain) {
  fill();
  damage(3, "saw,");
  crash({testing::Fate::Kind::kept});
  repair();
  EXPECT_EQ(streams().snapshot("c").tail.position, 8u);
  EXPECT_EQ(streams().read_all("c"), "");
  streams().append("c", "new,");
  EXPECT_EQ(streams().read_all("c"), "new,");
  EXPECT_EQ(streams().snapshot("c").tail.position, 12u);
}

TEST_F(StoreRepairTest, WhatIsLeftWithoutANameIsKeptUnderLostAndFound) {
  fill();
  const uint64_t b = 2;
  ASSERT_TRUE(disk_.remove(segment_path(1)));
  repair();
  EXPECT_EQ(streams().read_all(lost_path(1)), "third,fourth,");
  EXPECT_FALSE(streams().exists(lost_path(b)));  // It has ended since.
  EXPECT_FALSE(streams().exists("a"));
  EXPECT_EQ(streams().read_all("c"), "see,saw,");
}

TEST_F(StoreRepairTest, ALostDeletionIsDoneIfItsRecordCanBeTold) {
  fill();
  // Its checksum is bad, and nothing else.
  const std::string image = disk_.content(segment_path(2));
  SegmentScanner scanner(image, 2, parse_segment_header(image).seed);
  while (const auto record = scanner.next()) {
    if (record->kind == RecordKind::remove)
      disk_.flip_bit(segment_path(2), uint64_t{scanner.record_position()} * 8);
  }
  repair();
  EXPECT_FALSE(streams().exists("b"));
}

TEST_F(StoreRepairTest, EveryIdStaysUsed) {
  fill();
  const uint64_t c = 3;
  damage(3, "fourth,");
  crash({testing::Fate::Kind::kept});
  repair();
  streams().create("d");
  EXPECT_GT(streams().snapshot("d").stream_id, c);
}

// Whatever the repaired store goes through: it fills the segment that was made ahead,
// spends its reserve, and restarts, which cuts its newest segment.
TEST_F(StoreRepairTest, TheOriginalsAreKept) {
  fill();
  // Whole, but not known to be durable: a start copies it and cuts it off.
  open();
  streams().append("c", "surely,");
  disk_.cut_power_at(2);  // The sync.
  streams().append("c", "perhaps,");
  stop();
  disk_.power_on({testing::Fate::Kind::kept});
  damage(2, "third,");
  const StoredFiles originals = stored_files(disk_, "data");
  ASSERT_THAT(originals, SizeIs(::testing::Ge(5u)));
  const std::string kept = "data/" + repair().kept_in;
  EXPECT_EQ(stored_files(disk_, kept), originals);
  for (int i = 0; i < 40; ++i)
    streams().append("c", std::string(700, 'x'));
  tidy();
  disk_.set_capacity(disk_.used_bytes());
  streams().pump();
  for (int i = 0; i < 200; ++i) {
    streams().remove("c");
    streams().create("c", {}, "anew");
  }
  disk_.set_capacity(UINT64_MAX);
  stop();
  open();
  stop();
  EXPECT_EQ(stored_files(disk_, kept), originals);
}

TEST_F(StoreRepairTest, ADirectoryInUseIsRefused) {
  fill();
  open();
  EXPECT_EQ(error_of(repair_store(disk_, "data", clock_)), Errc::locked);
}

// With runs: damage in their data leaves their heads, which are in the footer too.
class RunRepairTest : public StoreRepairTest {
 protected:
  void fill_and_tidy() {
    open();
    streams().create("a", {}, "first,");
    streams().append("a", std::string(5000, 'x') + ",", by("p", 0));
    streams().create("b", {}, std::string(5000, 'y') + ",");
    streams().append("a", std::string(5000, 'z') + ",", by("p", 1));
    streams().append("b", "end,", {.closes = true});
    streams().append("a", std::string(5000, 'w') + ",");
    stop();
    open();
    ASSERT_GT(tidy(), 0u);
    streams().append("a", "newest,");
    stop();
    runs_ = *disk_.list("data/run");
    ASSERT_THAT(runs_, SizeIs(::testing::Ge(1u)));
  }
  std::string run_with(const std::string& text) {
    for (const std::string& name : runs_) {
      if (disk_.content("data/run/" + name).find(text) != std::string::npos)
        return "data/run/" + name;
    }
    return "";
  }

  std::vector<std::string> runs_;
};

TEST_F(RunRepairTest, BadDataCostsTheStreamThemAndNothingElse) {
  fill_and_tidy();
  damage_file(run_with(std::string(5000, 'y')), std::string(5000, 'y'));
  repair_what_opens();  // A server opens: it reads no data.
  EXPECT_TRUE(streams().snapshot("b").closed);
  EXPECT_EQ(streams().snapshot("b").tail.position, 5005u);
  EXPECT_EQ(streams().read_all("a").size(), 6u + 3 * 5001 + 7);
}

TEST_F(RunRepairTest, ABadFooterCostsNothing) {
  fill_and_tidy();
  const std::string path = run_with(std::string(5000, 'y'));
  disk_.flip_bit(path, (disk_.content(path).size() - 20) * 8);  // The trailer.
  repair();
  EXPECT_EQ(streams().read_all("a").size(), 6u + 3 * 5001 + 7);
  EXPECT_EQ(streams().read_all("b"), std::string(5000, 'y') + ",end,");
  EXPECT_TRUE(streams().snapshot("b").closed);
}

TEST_F(RunRepairTest, AMissingRunLeavesWhatIsNewer) {
  fill_and_tidy();
  for (const std::string& name : runs_)
    ASSERT_TRUE(disk_.remove("data/run/" + name));
  repair();
  EXPECT_EQ(streams().read_all(lost_path(1)), "newest,");
}

// Every byte damaged, one at a time: what a repair leaves is sound, opens, and
// shows no byte that was not written where it stands.
TEST_F(RunRepairTest, EveryDamagedByteCanBeRepaired) {
  fill_and_tidy();
  open();
  const std::string whole = streams().read_all("a");
  stop();
  for (const std::string directory : {"data/log", "data/run"}) {
    const auto names = disk_.list(directory);
    for (const std::string& name : *names) {
      const std::string path = directory + "/" + name;
      const std::string content = disk_.content(path);
      size_t alike = 0;
      for (uint64_t byte = 0; byte < content.size(); ++byte) {
        alike = byte > 0 && content[byte] == content[byte - 1] ? alike + 1 : 0;
        if (byte % sample_step != 0 || (alike > 8 && byte % 499 != 0)) continue;
        testing::SimulatedFileSystem copy;
        disk_.copy_to(copy);
        copy.flip_bit(path, byte * 8 + byte % 8);
        const auto report = repair_store(copy, "data", clock_);
        ASSERT_TRUE(report) << path << " byte " << byte << ": "
                            << report.error().message();
        const auto opened = LogEngine::open(small_log(copy, clock_));
        ASSERT_TRUE(opened) << path << " byte " << byte << ": "
                            << opened.error().message();
        LogEngine* const log = opened->get();
        EngineDriver driver(*log, [log] { log->step(); });
        for (const std::string& stream : {std::string("a"), lost_path(1)}) {
          if (!driver.exists(stream)) continue;
          const Snapshot seen = driver.snapshot(stream);
          const auto page = driver.read(stream, seen.earliest, 1 << 20);
          ASSERT_TRUE(page) << path << " byte " << byte;
          std::string text;
          for (const SharedBytes& chunk : page->chunks)
            text += chunk.view();
          ASSERT_EQ(text, whole.substr(seen.earliest.position).substr(0, text.size()))
              << path << " byte " << byte;
        }
      }
    }
  }
}

}  // namespace
}  // namespace durable_streams::storage
