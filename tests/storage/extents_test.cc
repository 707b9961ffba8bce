#include "storage/extents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/random.h"

namespace durable_streams::storage {
namespace {

RecordPlace record(uint32_t segment, uint32_t position, uint32_t data_bytes,
                   uint32_t previous_end = 0) {
  return {.segment = segment,
          .position = position,
          .bytes = data_bytes + 40,
          .data_bytes = data_bytes,
          .previous_end = previous_end};
}

std::vector<Extent> found(const Extents& extents, uint64_t from, uint64_t to,
                          uint64_t bytes_max = UINT64_MAX) {
  std::vector<Extent> out;
  extents.find(from, to, bytes_max, out);
  return out;
}

TEST(Extents, AreOnePointer) {
  EXPECT_EQ(sizeof(Extents), sizeof(void*));
  const Extents none;
  EXPECT_EQ(none.size(), 0u);
  EXPECT_TRUE(found(none, 0, 100).empty());
}

TEST(Extents, JoinAdjacentRecordsUpToABound) {
  Extents extents;
  extents.add(0, record(1, 4096, 100));
  extents.add(100, record(1, 4236, 50, 4236));
  EXPECT_THAT(extents.all(), ::testing::ElementsAre(Extent{0, 1, 4096, 230, 150}));
  extents.add(150, record(1, 5000, 10, 4990));
  EXPECT_EQ(extents.size(), 2u) << "another stream's record lies between";
  extents.add(160, record(2, 5050, 10, 5050));
  EXPECT_EQ(extents.size(), 3u) << "another segment";
  extents.add(170, record(2, 5100, extent_bytes_max, 5100));
  EXPECT_EQ(extents.size(), 4u) << "too large together";
}

TEST(Extents, FindWhatHoldsARange) {
  Extents extents;
  for (uint32_t i = 0; i < 5; ++i)
    extents.add(i * 100, record(1, 4096 + i * 1000, 100));
  const auto positions = [&](uint64_t from, uint64_t to, uint64_t bytes_max) {
    std::vector<uint64_t> all;
    for (const Extent& one : found(extents, from, to, bytes_max))
      all.push_back(one.position);
    return all;
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(positions(0, 500, 1000), ElementsAre(0, 100, 200, 300, 400));
  EXPECT_THAT(positions(100, 300, 1000), ElementsAre(100, 200));
  EXPECT_THAT(positions(199, 201, 1000), ElementsAre(100, 200));
  EXPECT_THAT(positions(150, 500, 51), ElementsAre(100, 200));
  EXPECT_THAT(positions(150, 500, 50), ElementsAre(100));
  EXPECT_THAT(positions(500, 600, 50), ElementsAre());
}

TEST(Extents, KeepLongOnesAndSuchAsBeginLate) {
  Extents late;
  late.add(1000, record(1, 4096, 10));
  EXPECT_THAT(late.all(), ::testing::ElementsAre(Extent{1000, 1, 4096, 50, 10}));
  Extents grown;
  grown.add(0, record(1, 4096, 10));
  grown.add(10, record(1, 9000, 1'000'000));
  EXPECT_THAT(grown.all(),
              ::testing::ElementsAre(Extent{0, 1, 4096, 50, 10},
                                     Extent{10, 1, 9000, 1'000'040, 1'000'000}));
}

TEST(Extents, AreReplacedByFewer) {
  Extents extents;
  for (uint32_t i = 0; i < 20; ++i)
    extents.add(i * 100, record(1 + i / 5, 4096 + i * 1000, 100));
  const Extent first{0, 70, 4096, 600, 500};
  extents.replace(0, 500, {&first, 1});
  const Extent middle{500, 71, 5000, 1100, 1000};
  extents.replace(500, 1500, {&middle, 1});
  EXPECT_EQ(extents.size(), 7u);
  EXPECT_EQ(found(extents, 499, 501), (std::vector<Extent>{first, middle}));
  EXPECT_EQ(found(extents, 1500, 1501)[0].segment, 4u);
  const Extent all{0, 72, 4096, 2100, 2000};
  extents.replace(0, 2000, {&all, 1});
  EXPECT_EQ(extents.all(), std::vector<Extent>{all});
  extents.replace(0, 2000, {});
  EXPECT_EQ(extents.size(), 0u);
}

TEST(Extents, AgreeWithAPlainList) {
  testing::Random random;
  for (int round = 0; round < 50; ++round) {
    Extents extents;
    std::vector<Extent> model;
    uint64_t position = 0;
    for (uint32_t i = 0; i < random.below(60); ++i) {
      const auto bytes = static_cast<uint32_t>(
          random.one_in(10) ? 1 + random.below(200'000) : 1 + random.below(300));
      extents.add(position, record(i, 4096, bytes));
      model.push_back({position, i, 4096, bytes + 40, bytes});
      position += bytes;
      ASSERT_EQ(extents.all(), model);
      const uint64_t from = random.below(position);
      std::vector<Extent> expected;
      for (const Extent& one : model) {
        if (one.end() > from) expected.push_back(one);
      }
      ASSERT_EQ(found(extents, from, UINT64_MAX), expected);
    }
  }
}

}  // namespace
}  // namespace durable_streams::storage
