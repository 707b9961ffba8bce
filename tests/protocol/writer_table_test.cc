#include "protocol/writer_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "testing/random.h"

namespace durable_streams::protocol {
namespace {

constexpr int64_t minute_ms = 60'000;

std::vector<std::string> ids(const WriterTable& table) {
  std::vector<std::string> found;
  table.each_producer([&](const auto& one) { found.emplace_back(one.id); });
  return found;
}

// Few producers are kept in a block, many in maps: what holds for one holds for
// the other.
class WriterTables : public ::testing::TestWithParam<bool> {
 protected:
  WriterTables() {
    if (GetParam()) table_.put_stream_seq({"makes", "maps"});
  }
  WriterTable table_;
};
INSTANTIATE_TEST_SUITE_P(, WriterTables, ::testing::Bool(), [](const auto& kind) {
  return kind.param ? "Maps" : "Block";
});

TEST(WriterTable, IsOnePointer) {
  EXPECT_EQ(sizeof(WriterTable), sizeof(void*));
  const WriterTable table;
  EXPECT_EQ(table.producers(), 0u);
  EXPECT_FALSE(table.producer("a"));
  EXPECT_FALSE(table.stream_seq("s"));
  EXPECT_FALSE(table.closed_by());
  EXPECT_TRUE(ids(table).empty());
}

TEST_P(WriterTables, KeepTheNewestStateOfEach) {
  table_.put_producer({"b", 1, 2}, 10);
  table_.put_producer({"", 3, 4}, 11);
  table_.put_producer({"b", 5, 6}, 12);
  EXPECT_EQ(table_.producer(""), (ProducerState{3, 4}));
  EXPECT_EQ(table_.producer("b"), (ProducerState{5, 6}));
  EXPECT_FALSE(table_.producer("c"));
  EXPECT_EQ(table_.producers(), 2u);
  EXPECT_THAT(ids(table_), ::testing::UnorderedElementsAre("", "b"));
}

TEST_P(WriterTables, KeepTheLargestNumbersAndIds) {
  const uint64_t largest = (uint64_t{1} << 53) - 1;
  const std::string id(513, 'x');
  table_.put_producer({"before", 1, 2}, 0);
  table_.put_producer({id, largest, largest - 1}, 0);
  table_.put_producer({"behind", 3, 4}, 0);
  EXPECT_EQ(table_.producer(id), (ProducerState{largest, largest - 1}));
  EXPECT_EQ(table_.producer("before"), (ProducerState{1, 2}));
  EXPECT_EQ(table_.producer("behind"), (ProducerState{3, 4}));
}

TEST_P(WriterTables, RememberWhoClosed) {
  table_.put_producer({"a", 1, 2}, 0);
  table_.put_producer({"b", 3, 4}, 0);
  EXPECT_FALSE(table_.closed_by());
  table_.set_closed_by("b");
  EXPECT_EQ(table_.closed_by(), (ProducerTuple{"b", 3, 4}));
  EXPECT_EQ(table_.producer("b"), (ProducerState{3, 4}));
}

TEST_P(WriterTables, CountProducersByTheBeginningOfTheirIds) {
  for (const char* id : {"s\np", "c:ann\np", "c:ann\nq", "c:anna\np"})
    table_.put_producer({id, 0, 0}, 0);
  EXPECT_EQ(table_.producers_with("c:ann\n", 10), 2u);
  EXPECT_EQ(table_.producers_with("c:ann\n", 1), 1u);
  EXPECT_EQ(table_.producers_with("c:bob\n", 10), 0u);
}

TEST_P(WriterTables, ForgetOnlyTheIdle) {
  table_.put_producer({"old", 0, 0}, 100 * minute_ms);
  table_.put_producer({"used again", 0, 0}, 100 * minute_ms);
  table_.put_producer({"used again", 0, 1}, 300 * minute_ms);
  table_.put_producer({"new", 1, 2}, 200 * minute_ms);
  EXPECT_FALSE(table_.may_hold_idle(100 * minute_ms));
  EXPECT_EQ(table_.forget_idle(100 * minute_ms), 0u);
  EXPECT_TRUE(table_.may_hold_idle(200 * minute_ms));
  EXPECT_EQ(table_.forget_idle(200 * minute_ms), 1u);
  EXPECT_THAT(ids(table_), ::testing::UnorderedElementsAre("new", "used again"));
  EXPECT_EQ(table_.producer("new"), (ProducerState{1, 2}));
  EXPECT_FALSE(table_.may_hold_idle(200 * minute_ms));
  EXPECT_EQ(table_.forget_idle(1000 * minute_ms), 2u);
  EXPECT_EQ(table_.producers(), 0u);
  table_.put_producer({"late", 0, 0}, 5000 * minute_ms);
  EXPECT_FALSE(table_.may_hold_idle(5000 * minute_ms));
}

TEST_P(WriterTables, ForgetThoseIdleLongest) {
  for (int i = 0; i < 6; ++i)
    table_.put_producer({std::to_string(i), 0, 0}, i / 2 * minute_ms);
  EXPECT_EQ(table_.forget_longest_idle(6, 100 * minute_ms), 0u);
  EXPECT_EQ(table_.forget_longest_idle(4, 0), 0u) << "used lately";
  EXPECT_EQ(table_.forget_longest_idle(4, 100 * minute_ms), 2u);
  EXPECT_THAT(ids(table_), ::testing::UnorderedElementsAre("2", "3", "4", "5"));
  EXPECT_EQ(table_.forget_longest_idle(3, 100 * minute_ms), 2u) << "of one minute";
  EXPECT_THAT(ids(table_), ::testing::UnorderedElementsAre("4", "5"));
  EXPECT_EQ(table_.forget_longest_idle(0, 2 * minute_ms), 0u) << "used lately";
  EXPECT_EQ(table_.forget_longest_idle(0, 100 * minute_ms), 2u);
  EXPECT_EQ(table_.producers(), 0u);
}

TEST_P(WriterTables, RoundTheLastUseUp) {
  table_.put_producer({"a", 0, 0}, 7 * minute_ms + 1);
  table_.each_producer(
      [](const auto& one) { EXPECT_EQ(one.last_used_ms, 8 * minute_ms); });
  EXPECT_FALSE(table_.may_hold_idle(8 * minute_ms));
}

TEST_P(WriterTables, MoveTheirContent) {
  table_.put_producer({"a", 1, 1}, 10);
  WriterTable moved(std::move(table_));
  EXPECT_EQ(moved.producer("a"), (ProducerState{1, 1}));
  WriterTable assigned;
  assigned.put_producer({"other", 0, 0}, 0);
  assigned = std::move(moved);
  EXPECT_EQ(assigned.producer("a"), (ProducerState{1, 1}));
  EXPECT_FALSE(assigned.producer("other"));
  assigned.clear();
  EXPECT_EQ(assigned.producers(), 0u);
}

TEST(WriterTable, KeepsStreamSeqsOfScopesApart) {
  WriterTable table;
  table.put_producer({"p", 1, 2}, 0);
  table.set_closed_by("p");
  table.put_stream_seq({"s", "09"});
  table.put_stream_seq({"c:ann", "1"});
  table.put_stream_seq({"s", "10"});
  EXPECT_EQ(table.stream_seq("s"), "10");
  EXPECT_EQ(table.stream_seq("c:ann"), "1");
  EXPECT_FALSE(table.stream_seq("c:bob"));
  EXPECT_EQ(table.stream_seqs(), 2u);
  EXPECT_EQ(table.producer("p"), (ProducerState{1, 2})) << "they move into the maps";
  EXPECT_EQ(table.closed_by(), (ProducerTuple{"p", 1, 2}));
}

// Through blocks, maps and back to nothing. may_hold_idle() may say yes for
// nothing, but never no wrongly.
TEST(WriterTable, AgreesWithAPlainModel) {
  using Known = std::pair<ProducerState, int64_t>;  // And its last use.
  testing::Random random;
  for (const uint64_t ids_max : {3u, 12u, 200u}) {
    WriterTable table;
    std::map<std::string, Known> model;
    for (int64_t now = 0; now < 3000 * minute_ms; now += minute_ms) {
      const std::string id(random.below(20), static_cast<char>(random.below(ids_max)));
      const uint64_t seq = random.below(1000);
      table.put_producer({id, 1, seq}, now);
      model[id] = {{1, seq}, now};
      const int64_t before = now - static_cast<int64_t>(random.below(400)) * minute_ms;
      const auto idle = [&](const auto& entry) { return entry.second.second < before; };
      if (std::any_of(model.begin(), model.end(), idle)) {
        ASSERT_TRUE(table.may_hold_idle(before));
      }
      if (random.one_in(10)) {
        ASSERT_EQ(table.forget_idle(before), std::erase_if(model, idle));
      }
      std::map<std::string, Known> found;
      table.each_producer([&](const auto& one) {
        found[std::string(one.id)] = {one.state, one.last_used_ms};
      });
      ASSERT_EQ(found, model);
    }
  }
}

}  // namespace
}  // namespace durable_streams::protocol
