// What is left of one stream's records, case by case (storage/stream_fold.h).
#include "storage/stream_fold.h"

#include <gmock/gmock.h>

namespace durable_streams::storage {
namespace {

using protocol::ProducerTuple;
using protocol::Unit;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint64_t id = 7;
constexpr FoldRange whole_log{{}, {9, 100}, {12, 0}};
constexpr FoldRange later_part{{4, 50}, {9, 100}, {12, 0}};

// One stream's records; each verb adds one.
class StreamFoldTest : public ::testing::Test {
 protected:
  StreamFoldTest() { fold_.begin(id); }

  bool add(const std::string& record) {
    const auto view = parse_head(record);
    const auto size = static_cast<uint32_t>(view->size());
    const bool added = fold_.add(*view, {0, file_position_, size});
    file_position_ += size;
    return added;
  }
  bool add(Unit unit, size_t data_bytes, std::string_view path = {}) {
    unit.payload.bytes = std::string(data_bytes, 'd');
    unit.at_ms = ++now_ms_;
    std::string record;
    append_unit_head(record, 0, unit, {path, id, tail_});
    tail_ += data_bytes;
    return add(record);
  }
  bool create(size_t data_bytes = 0) {
    Unit unit;
    unit.kind = Unit::Kind::create;
    unit.config = protocol::share_config({"text/plain", 60, std::nullopt});
    return add(std::move(unit), data_bytes, "path");
  }
  bool append(size_t data_bytes, std::optional<ProducerTuple> producer = {},
              bool closes = false) {
    Unit unit;
    unit.producer = std::move(producer);
    unit.closes = closes;
    return add(std::move(unit), data_bytes);
  }
  bool remove() {
    Unit unit;
    unit.kind = Unit::Kind::remove;
    return add(std::move(unit), 0);
  }
  bool trim(uint64_t earliest) {
    std::string record;
    append_trim(record, 0, id, earliest);
    return add(record);
  }
  bool gone(const GoneHead& head) {
    std::string record;
    append_gone(record, 0, id, head);
    return add(record);
  }

  // The records that are left, a word each.
  std::vector<std::string> fold(const FoldRange& range) {
    std::vector<std::string> words;
    for (const FoldedRecord& record : fold_.finish(range)) {
      uint64_t bytes = 0;
      for (const DataPiece& piece : record.pieces)
        bytes += piece.data_bytes;
      std::string word = names_[static_cast<size_t>(record.kind)];
      word += " " + std::to_string(record.position);
      if (bytes > 0) word += "+" + std::to_string(bytes);
      if (const auto& producer = record.unit.producer) {
        word += " " + producer->id + "=" + std::to_string(producer->epoch) + "." +
                std::to_string(producer->seq);
      }
      if (const auto& seq = record.unit.stream_seq)
        word += " " + seq->scope + ":" + seq->value;
      if (record.unit.closes) word += " closes";
      if (record.unit.at_ms > 0) word += " @" + std::to_string(record.unit.at_ms);
      if (record.gone.created) word += " created";
      words.push_back(word);
    }
    return words;
  }

  StreamFold fold_;
  uint64_t tail_ = 0;
  int64_t now_ms_ = 0;

 private:
  const std::vector<std::string> names_{"",       "create", "append", "remove",
                                        "expire", "renew",  "trim",   "gone"};
  uint32_t file_position_ = 0;
};

TEST_F(StreamFoldTest, AStreamOfOneProducerIsOneRecord) {
  create();
  append(10, ProducerTuple{"p", 0, 0});
  append(20, ProducerTuple{"p", 0, 1});
  append(30, ProducerTuple{"p", 1, 0});
  EXPECT_THAT(fold(later_part), ElementsAre("create 0+60 p=1.0 @4"));
}

TEST_F(StreamFoldTest, DataIsJoinedUpToARecordsSize) {
  tail_ = 500;
  const size_t third = StreamFold::joined_bytes_max / 3;
  for (int i = 0; i < 4; ++i)
    append(third);
  append(StreamFold::joined_bytes_max + 1);
  const uint64_t second = 500 + 3 * third;
  EXPECT_THAT(
      fold(later_part),
      ElementsAre(
          "append 500+" + std::to_string(3 * third) + " @5",
          "append " + std::to_string(second) + "+" + std::to_string(third) + " @5",
          "append " + std::to_string(second + third) + "+" +
              std::to_string(StreamFold::joined_bytes_max + 1) + " @5"));
}

TEST_F(StreamFoldTest, ProducersKeepTheirLastUseAndItsOrder) {
  append(1, ProducerTuple{"b", 0, 0});
  append(1, ProducerTuple{"a", 0, 5});
  append(1, ProducerTuple{"c", 0, 0});
  append(1, ProducerTuple{"b", 0, 1});
  EXPECT_THAT(fold(later_part), ElementsAre("append 0+4 a=0.5 @2", "append 4 c=0.0 @3",
                                            "append 4 b=0.1 @4"));
}

TEST_F(StreamFoldTest, AClosureComesLastWithItsProducer) {
  create(5);
  append(1, ProducerTuple{"a", 0, 0});
  append(2, ProducerTuple{"b", 3, 0}, true);
  EXPECT_THAT(fold(later_part),
              ElementsAre("create 0+8 a=0.0 @2", "append 8 b=3.0 closes @3"));
}

TEST_F(StreamFoldTest, AClosureRidesOnTheDataIfNothingMustComeBefore) {
  create(5);
  append(0, {}, true);
  EXPECT_THAT(fold(later_part), ElementsAre("create 0+5 closes @2"));
}

TEST_F(StreamFoldTest, ARenewalIsARecordOnlyIfNoOtherSaysIt) {
  append(1, ProducerTuple{"p", 0, 0});
  fold_.renew(50);
  EXPECT_THAT(fold(later_part), ElementsAre("append 0+1 p=0.0 @1", "renew 0 @50"));
  fold_.begin(id);
  append(1);
  fold_.renew(50);
  EXPECT_THAT(fold(later_part), ElementsAre("append 1+1 @50"));
}

TEST_F(StreamFoldTest, StreamSeqsKeepTheirLastValue) {
  for (const char* value : {"01", "02"}) {
    Unit unit;
    unit.stream_seq = protocol::ScopedSeq{"app", value};
    add(std::move(unit), 3);
  }
  EXPECT_THAT(fold(later_part), ElementsAre("append 0+6 app:02 @2"));
}

TEST_F(StreamFoldTest, OneThatCameAndWentInsideLeavesNothing) {
  create(5);
  append(6);
  remove();
  EXPECT_THAT(fold(later_part), IsEmpty());
}

TEST_F(StreamFoldTest, OneThatOlderFilesHoldLeavesATombstone) {
  tail_ = 90;
  append(6);
  remove();
  EXPECT_THAT(fold(later_part), ElementsAre("remove 96 @2"));
}

TEST_F(StreamFoldTest, NoTombstoneIsNeededWhereTheLogBegins) {
  tail_ = 90;
  append(6);
  remove();
  EXPECT_THAT(fold(whole_log), IsEmpty());
}

TEST_F(StreamFoldTest, OneThatEndsBehindTheRangeIsGone) {
  create(5);
  append(6);
  fold_.set_dead();
  EXPECT_THAT(fold(later_part), ElementsAre("gone 0 created"));
}

TEST_F(StreamFoldTest, WhatFollowsOfAStreamThatIsGoneDoesNotCount) {
  gone({.ended_before = {20, 0}});
  append(6);
  EXPECT_THAT(fold(later_part), ElementsAre("gone 0"));
}

TEST_F(StreamFoldTest, OneThatIsGoneVanishesWithItsCreationAndItsEnd) {
  gone({.ended_before = {20, 0}, .created = true});
  remove();
  EXPECT_THAT(fold(later_part), IsEmpty());
  fold_.begin(id);
  gone({.ended_before = {20, 0}});
  remove();
  EXPECT_THAT(fold(later_part), ElementsAre("remove 0 @2"));
}

TEST_F(StreamFoldTest, OneThatWasReplacedHasEnded) {
  create(5);
  fold_.replaced(7);
  EXPECT_THAT(fold(later_part), IsEmpty());
  fold_.begin(id);
  fold_.replaced(7);
  EXPECT_THAT(fold(later_part), ElementsAre("expire 0 @7"));
}

TEST_F(StreamFoldTest, OneThatWasReplacedVanishesOnceTheRangeHoldsItsEnd) {
  // No record says that it ended: another was created at its path.
  gone({.ended_before = {9, 100}, .created = true});
  EXPECT_THAT(fold(later_part), IsEmpty());
  fold_.begin(id);
  gone({.ended_before = {9, 101}, .created = true});
  EXPECT_THAT(fold(later_part), ElementsAre("gone 0 created"));
}

TEST_F(StreamFoldTest, TrimmedDataIsLeftOutAndTheTailGetsToTheRest) {
  create(10);
  append(20);
  append(30);
  trim(30);
  EXPECT_THAT(fold(later_part),
              ElementsAre("create 0 @3", "trim 30", "append 30+30 @3"));
}

TEST_F(StreamFoldTest, ARecordThatIsTrimmedInPartIsKept) {
  append(10);
  append(20);
  trim(15);
  EXPECT_THAT(fold(later_part), ElementsAre("trim 10", "append 10+20 @2", "trim 15"));
}

TEST_F(StreamFoldTest, ATrimOfOlderDataStays) {
  tail_ = 90;
  trim(40);
  append(10);
  EXPECT_THAT(fold(later_part), ElementsAre("trim 40", "append 90+10 @1"));
}

TEST_F(StreamFoldTest, RecordsThatDoNotFollowEachOtherMakeNoSense) {
  EXPECT_TRUE(append(10));
  tail_ = 20;
  EXPECT_FALSE(append(10));
  fold_.begin(id);
  EXPECT_TRUE(append(1, {}, true));
  EXPECT_FALSE(append(1));
  fold_.begin(id);
  EXPECT_TRUE(append(1));
  EXPECT_FALSE(create());
  fold_.begin(id);
  EXPECT_TRUE(remove());
  EXPECT_FALSE(append(1));
}

}  // namespace
}  // namespace durable_streams::storage
