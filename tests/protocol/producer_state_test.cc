#include "protocol/producer_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/random.h"

namespace durable_streams::protocol {
namespace {

struct Printer {
  std::string operator()(ProducerAccepted) const { return "accepted"; }
  std::string operator()(ProducerDuplicate verdict) const {
    return "duplicate, last " + std::to_string(verdict.last_seq);
  }
  std::string operator()(ProducerStaleEpoch verdict) const {
    return "stale, current " + std::to_string(verdict.current);
  }
  std::string operator()(ProducerGap verdict) const {
    return "gap, expected " + std::to_string(verdict.expected) + ", received " +
           std::to_string(verdict.received);
  }
  std::string operator()(ProducerEpochMustStartAtZero) const {
    return "must start at 0";
  }
};

std::string verdict_on(const ProducerState* known, uint64_t epoch, uint64_t seq) {
  return std::visit(Printer{}, validate_producer(known, {"p", epoch, seq}));
}

// The pseudocode of PROTOCOL.md §5.2.1, line by line.
std::string protocol_says(const ProducerState& state, uint64_t epoch, uint64_t seq) {
  if (epoch < state.epoch) return "stale, current " + std::to_string(state.epoch);
  if (epoch > state.epoch) return seq != 0 ? "must start at 0" : "accepted";
  if (seq <= state.last_seq) return "duplicate, last " + std::to_string(state.last_seq);
  if (seq == state.last_seq + 1) return "accepted";
  return "gap, expected " + std::to_string(state.last_seq + 1) + ", received " +
         std::to_string(seq);
}

TEST(ValidateProducer, SaysWhatTheProtocolSaysForEverySmallState) {
  for (uint64_t known_epoch = 0; known_epoch < 5; ++known_epoch) {
    for (uint64_t last_seq = 0; last_seq < 6; ++last_seq) {
      const ProducerState known{known_epoch, last_seq};
      for (uint64_t epoch = 0; epoch < 6; ++epoch) {
        for (uint64_t seq = 0; seq < 9; ++seq) {
          EXPECT_EQ(verdict_on(&known, epoch, seq), protocol_says(known, epoch, seq))
              << "known " << known_epoch << ":" << last_seq << ", claim " << epoch
              << ":" << seq;
        }
      }
    }
  }
}

TEST(ValidateProducer, NewProducerStartsAtSeqZeroInAnyEpoch) {
  EXPECT_EQ(verdict_on(nullptr, 0, 0), "accepted");
  EXPECT_EQ(verdict_on(nullptr, 7, 0), "accepted");
  EXPECT_EQ(verdict_on(nullptr, 0, 1), "gap, expected 0, received 1");
  EXPECT_EQ(verdict_on(nullptr, 7, 3), "gap, expected 0, received 3");
}

TEST(ValidateProducer, WorksAtTheLargestNumbers) {
  const uint64_t largest = (uint64_t{1} << 53) - 1;
  const ProducerState known{largest, largest - 1};
  EXPECT_EQ(verdict_on(&known, largest, largest), "accepted");
  EXPECT_EQ(verdict_on(&known, largest - 1, 0),
            "stale, current " + std::to_string(largest));
}

std::vector<std::string> ids(const ProducerTable& table) {
  std::vector<std::string> found;
  for (const auto& entry : table)
    found.emplace_back(entry.id);
  return found;
}

TEST(ProducerTable, EmptyOneIsOnePointer) {
  EXPECT_EQ(sizeof(ProducerTable), sizeof(void*));
  const ProducerTable table;
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.find("a"), nullptr);
  EXPECT_TRUE(ids(table).empty());
}

TEST(ProducerTable, KeepsTheNewestStateOfEach) {
  ProducerTable table;
  table.put("b", {1, 2}, 10);
  table.put("a", {3, 4}, 11);
  table.put("b", {5, 6}, 12);
  EXPECT_EQ(*table.find("a"), (ProducerState{3, 4}));
  EXPECT_EQ(*table.find("b"), (ProducerState{5, 6}));
  EXPECT_EQ(table.find("c"), nullptr);
  EXPECT_EQ(table.size(), 2u);
  EXPECT_THAT(ids(table), ::testing::ElementsAre("a", "b"));
}

TEST(ProducerTable, CopyIsIndependent) {
  ProducerTable table;
  table.put("a", {1, 1}, 10);
  ProducerTable copy(table);
  copy.put("a", {2, 2}, 11);
  copy.put("b", {3, 3}, 11);
  EXPECT_EQ(*table.find("a"), (ProducerState{1, 1}));
  EXPECT_EQ(table.size(), 1u);
  table = copy;
  EXPECT_EQ(*table.find("b"), (ProducerState{3, 3}));
  copy = ProducerTable();
  EXPECT_EQ(copy.size(), 0u);
  EXPECT_EQ(table.size(), 2u);
}

TEST(ProducerTable, ForgetsOnlyTheIdle) {
  ProducerTable table;
  table.put("old", {0, 0}, 100);
  table.put("used again", {0, 0}, 100);
  table.put("used again", {0, 1}, 300);
  table.put("new", {0, 0}, 200);
  EXPECT_FALSE(table.may_hold_idle(100));
  EXPECT_EQ(table.forget_idle(100), 0u);
  EXPECT_TRUE(table.may_hold_idle(200));
  EXPECT_EQ(table.forget_idle(200), 1u);
  EXPECT_THAT(ids(table), ::testing::ElementsAre("new", "used again"));
  EXPECT_FALSE(table.may_hold_idle(200));
  EXPECT_EQ(table.forget_idle(1000), 2u);
  EXPECT_EQ(table.size(), 0u);
  table.put("late", {0, 0}, 5000);
  EXPECT_FALSE(table.may_hold_idle(5000));
}

// may_hold_idle() may say yes for nothing, but never no wrongly.
TEST(ProducerTable, NeverOverlooksTheIdle) {
  testing::Random random;
  ProducerTable table;
  std::map<std::string, int64_t> model;
  for (int64_t now = 0; now < 3000; ++now) {
    const std::string id = std::to_string(random.below(200));
    table.put(id, {0, 0}, now);
    model[id] = now;
    const int64_t before = now - static_cast<int64_t>(random.below(400));
    const auto idle = [&](const auto& entry) { return entry.second < before; };
    const bool holds = std::any_of(model.begin(), model.end(), idle);
    if (holds) {
      ASSERT_TRUE(table.may_hold_idle(before));
    }
    if (random.one_in(10)) {
      ASSERT_EQ(table.forget_idle(before), std::erase_if(model, idle));
      ASSERT_EQ(table.size(), model.size());
    }
  }
}

}  // namespace
}  // namespace durable_streams::protocol
