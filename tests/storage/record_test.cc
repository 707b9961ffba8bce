#include "storage/record.h"

#include <gtest/gtest.h>

#include "storage/change.h"
#include "storage/wire.h"

namespace durable_streams::storage {
namespace {

constexpr uint32_t seed = 0xABCD;

protocol::Unit full_unit() {
  protocol::Unit unit;
  unit.kind = protocol::Unit::Kind::create;
  unit.at_ms = 1234;
  unit.config =
      protocol::share_config({"text/plain; charset=utf-8", 3600, std::nullopt});
  unit.payload = {"some bytes", {3, 7}};
  unit.closes = true;
  unit.producer = protocol::ProducerTuple{"producer", 5, (uint64_t{1} << 53) - 1};
  unit.stream_seq = protocol::ScopedSeq{"scope", "0042"};
  return unit;
}

std::string encode(const protocol::Unit& unit, std::string_view path = "a/b",
                   uint64_t stream_id = 7, uint64_t position = 99) {
  std::string bytes;
  append_unit_head(bytes, seed, unit, {path, stream_id, position});
  return bytes + unit.payload.bytes;
}

TEST(Record, AUnitComesBackAsItWent) {
  const protocol::Unit unit = full_unit();
  const std::string bytes = encode(unit);
  const std::string followed = bytes + "what follows";
  const auto record = parse_record(followed, seed);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->size(), bytes.size());
  EXPECT_EQ(record->kind, RecordKind::create);
  EXPECT_EQ(record->stream_id, 7u);
  EXPECT_EQ(record->position, 99u);
  EXPECT_EQ(record->at_ms, 1234);
  EXPECT_EQ(record->data, "some bytes");
  const auto meta = parse_meta(*record);
  ASSERT_TRUE(meta);
  EXPECT_EQ(meta->path, "a/b");
  EXPECT_EQ(meta->config, *unit.config);
  EXPECT_TRUE(meta->closes);
  EXPECT_EQ(meta->producer, unit.producer);
  EXPECT_EQ(meta->stream_seq, unit.stream_seq);
  EXPECT_EQ(meta->boundaries, unit.payload.boundaries);
}

TEST(Record, EveryFlippedBitIsFound) {
  const std::string bytes = encode(full_unit());
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(parse_record(damaged, seed)) << bit;
  }
}

TEST(Record, OnlyItsSegmentsSeedVerifiesIt) {
  std::string bytes = encode(full_unit());
  EXPECT_FALSE(parse_record(bytes, seed + 1));
  reseed_record(bytes.data(), bytes.size(), seed + 1);
  EXPECT_TRUE(parse_record(bytes, seed + 1));
  EXPECT_FALSE(parse_record(bytes, seed));
}

TEST(Record, NoFirstPartOfItIsARecord) {
  const std::string bytes = encode(full_unit());
  for (size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_FALSE(parse_record(std::string_view(bytes).substr(0, size), seed)) << size;
  }
  EXPECT_FALSE(parse_record(std::string(200, '\0'), seed));
}

TEST(Record, LongDataIsVerifiedByBlocks) {
  protocol::Unit unit;
  unit.payload.bytes = std::string(3 * block_bytes + 17, 'x');
  const std::string bytes = encode(unit);
  const auto record = parse_record(bytes, seed);
  ASSERT_TRUE(record);
  ASSERT_TRUE(record->has_blocks());
  const auto meta = parse_meta(*record);
  ASSERT_TRUE(meta);
  EXPECT_TRUE(verify_block(*meta, 3, std::string(17, 'x')));
  EXPECT_FALSE(verify_block(*meta, 3, std::string(16, 'x')));
  EXPECT_FALSE(verify_block(*meta, 4, ""));
  // The head verifies without the data.
  const std::string_view head = std::string_view(bytes).substr(0, record->head_bytes());
  EXPECT_TRUE(verifies(*record, head, seed));

  for (const size_t position : {record->head_bytes(), bytes.size() - 1}) {
    std::string damaged = bytes;
    damaged[position] = 'y';
    EXPECT_FALSE(parse_record(damaged, seed)) << position;
  }
  std::string copy = bytes;
  reseed_record(copy.data(), copy.size(), seed + 1);
  EXPECT_TRUE(parse_record(copy, seed + 1));
}

TEST(Record, ABatchSaysWhatItWasTold) {
  char bytes[batch_record_bytes];
  const BatchHead head{{3, 4096}, {2, 9000}, {2, 9100}, 77, 12, 500, 4};
  put_batch_head(bytes, seed, head);
  const auto record = parse_record({bytes, sizeof bytes}, seed);
  ASSERT_TRUE(record);
  const auto back = parse_batch(*record);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->self, head.self);
  EXPECT_EQ(back->synced_through, head.synced_through);
  EXPECT_EQ(back->continues, head.continues);
  EXPECT_EQ(back->at_ms, 77);
  EXPECT_EQ(back->next_stream_id, 12u);
  EXPECT_EQ(back->bytes, 500u);
  EXPECT_EQ(back->records, 4u);
}

TEST(Record, RenewalsOfManyStreamsShareOne) {
  const Renewals renewals{{1, 10}, {500'000, 1'000'000}, {3, 0}};
  std::string bytes;
  append_renewals(bytes, seed, renewals);
  const auto record = parse_record(bytes, seed);
  ASSERT_TRUE(record);
  EXPECT_EQ(parse_renewals(*record), renewals);
}

TEST(Record, ItsSizeIsWithinWhatTheQueueCounts) {
  protocol::Unit unit = full_unit();
  const size_t size = encode(unit, std::string(4000, 'p')).size();
  EXPECT_LE(size, size_of_change(unit, std::string(4000, 'p')));
  unit.payload.bytes = std::string(10 * block_bytes, 'x');
  EXPECT_LE(encode(unit).size(), size_of_change(unit, "a/b"));
}

TEST(WireReader, ReadsNothingBeyondTheEnd) {
  wire::Reader reader(std::string_view("\x85", 1));
  EXPECT_EQ(reader.varint(), 0u);
  EXPECT_FALSE(reader.ok());
  wire::Reader text(
      std::string_view("\x05"
                       "abc"));
  EXPECT_EQ(text.text(), "");
  EXPECT_FALSE(text.ok());
  wire::Reader endless(
      std::string_view("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"));
  endless.varint();
  EXPECT_FALSE(endless.ok());
}

}  // namespace
}  // namespace durable_streams::storage
