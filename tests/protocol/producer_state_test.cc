#include "protocol/producer_state.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace durable_streams::protocol
