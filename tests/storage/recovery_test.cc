// Torn or damaged: what recovery decides, case by case (storage/recovery.h).
#include "storage/recovery.h"

#include <gmock/gmock.h>

#include "log_fixture.h"
#include "storage/segment_scanner.h"
#include "workload.h"

namespace durable_streams::storage {
namespace {

using testing::Fate;

class RecoveryTest : public LogFixture {
 protected:
  void fill() {
    open();
    streams().create("a", {}, "first,");
    streams().append("a", "second,", {.producer = protocol::ProducerTuple{"p", 0, 0}});
    streams().append("a", "third,");
  }
  uint64_t bit_of(uint32_t segment, std::string_view text) {
    return disk_.content(segment_path(segment)).find(text) * 8;
  }
};

TEST_F(RecoveryTest, TheWorkedExampleOfTheFormatIsRight) {  // docs/storage-format.md
  open();
  streams().create("notes", {.content_type = "text/plain"});
  streams().append("notes", "hi");
  const std::string image = disk_.content(segment_path(1));
  const auto segment = SegmentDirectory(disk_, "data/log", plain_salt).open(1);
  ASSERT_TRUE(segment);
  SegmentScanner scanner(image, 1, (*segment)->seed);
  std::vector<std::pair<uint32_t, LogPosition>> found;
  while (scanner.next()) {
    found.emplace_back(scanner.record_position(), scanner.batch().synced_through);
  }
  const std::vector<std::pair<uint32_t, LogPosition>> expected{
      {4096, {0, 0}},    {4160, {1, 4160}}, {4224, {1, 4160}}, {4288, {1, 4160}},
      {4345, {1, 4345}}, {4409, {1, 4345}}, {4473, {1, 4345}}, {4515, {1, 4515}}};
  EXPECT_EQ(found, expected);
}

TEST_F(RecoveryTest, ATornTailIsCutAndCountedNotCalledDamage) {
  fill();
  disk_.cut_power_at(1);
  const Pending torn = streams().begin_append("a", std::string(3000, 'x'));
  streams().settle(torn);
  stop();
  disk_.power_on({Fate::Kind::torn, 512, 5});
  open();
  EXPECT_EQ(streams().read_all("a"), "first,second,third,");
  EXPECT_GT(engine_->recovery_report().torn_bytes, 0u);
}

TEST_F(RecoveryTest, WholeRecordsThatWereNotAcknowledgedAreCopied) {
  fill();
  disk_.cut_power_at(2);  // The sync.
  EXPECT_EQ(streams().append("a", "fourth,").settlement, Settlement::unknown);
  stop();
  disk_.power_on({Fate::Kind::kept});
  open();
  EXPECT_EQ(engine_->recovery_report().copied_records, 1u);
  EXPECT_EQ(streams().read_all("a"), "first,second,third,fourth,");
  // The copy is what is read: the old one may go.
  EXPECT_EQ(disk_.content(segment_path(1)).find("fourth,"), std::string::npos);
}

TEST_F(RecoveryTest, DamageBelowWhatWasSyncedStopsTheOpen) {
  fill();
  crash({Fate::Kind::kept});
  disk_.flip_bit(segment_path(1), bit_of(1, "second,"));
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::corruption);
  EXPECT_THAT(opened.error().detail, ::testing::HasSubstr("0000000001.log, position "));
}

// The one window that cannot be decided (docs/durability.md).
TEST_F(RecoveryTest, DamageToTheLastBatchLooksTornWhereItsMarkIsLost) {
  fill();
  crash({Fate::Kind::lost});
  disk_.flip_bit(segment_path(1), bit_of(1, "third,"));
  open();
  EXPECT_EQ(streams().read_all("a"), "first,second,");
  EXPECT_GT(engine_->recovery_report().torn_bytes, 0u);
}

TEST_F(RecoveryTest, DamageToTheLastBatchIsFoundWhereItsMarkIsKept) {
  fill();
  crash({Fate::Kind::kept});
  disk_.flip_bit(segment_path(1), bit_of(1, "third,"));
  EXPECT_EQ(error_of(try_open()), Errc::corruption);
}

TEST_F(RecoveryTest, DamageInASealedSegmentStopsTheOpen) {
  fill();
  stop();
  open();
  streams().append("a", "in the second segment");
  stop();
  disk_.flip_bit(segment_path(1), bit_of(1, "third,"));
  EXPECT_EQ(error_of(try_open()), Errc::corruption);
}

TEST_F(RecoveryTest, AMissingSegmentStopsTheOpen) {
  fill();
  stop();
  open();
  streams().append("a", "in the second segment");
  stop();
  ASSERT_TRUE(disk_.remove(segment_path(1)));
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::corruption);
  EXPECT_THAT(opened.error().detail, ::testing::HasSubstr("0000000001.log"));
}

TEST_F(RecoveryTest, AnUnfinishedSegmentIsRemoved) {
  fill();
  stop();
  const std::string path = "data/log/0000000009.log.new";
  ASSERT_TRUE(disk_.open_writable(path, OpenMode::create));
  open();
  EXPECT_FALSE(*disk_.exists(path));
}

TEST_F(RecoveryTest, ASegmentMadeAheadIsUsed) {
  fill();
  stop();
  open();
  stop();
  EXPECT_THAT(*disk_.list("data/log"), ::testing::SizeIs(4)) << "and the reserve";
}

TEST_F(RecoveryTest, ATrimRecordMovesTheEarliestOffset) {
  fill();
  const uint64_t id = streams().snapshot("a").stream_id;
  stop();
  // Nothing writes them yet, so by hand: a segment that goes on with a trim.
  SegmentDirectory directory(disk_, "data/log", plain_salt);
  {
    auto log = recover(directory, {},
                       [](const RecordView&, const RecordPlace&) { return true; });
    ASSERT_TRUE(log);
    std::string trim;
    append_trim(trim, 0, id, 6);
    LogWriter writer(log->ready, log->end);
    writer.begin_batch();
    writer.add_copy(trim);
    ASSERT_TRUE(writer.commit(0, 10));
  }
  open();
  EXPECT_EQ(streams().snapshot("a").earliest, (protocol::Offset{id, 6}));
  EXPECT_EQ(error_of(streams().read("a", {id, 0})), Errc::offset_gone);
  EXPECT_EQ(streams().read("a", {id, 6})->size(), 13u);
}

}  // namespace
}  // namespace durable_streams::storage
