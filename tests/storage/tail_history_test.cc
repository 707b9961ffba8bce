// TailHistory against a plain list of everything that happened.
#include "storage/tail_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace durable_streams::storage {
namespace {

constexpr int64_t tick = TailHistory::tick_ms;

TEST(TailHistory, AStreamThatDidNotMoveWasWhereItIs) {
  TailHistory history;
  EXPECT_EQ(history.position_at(1, 100, 70), 70u);
  history.note(1, 10 * tick, 50);
  EXPECT_EQ(history.position_at(1, 11 * tick, 70), 70u);
  EXPECT_EQ(history.position_at(2, 10 * tick, 30), 30u);
}

TEST(TailHistory, WhatMovedSinceThenIsTakenBack) {
  TailHistory history;
  history.note(1, 10 * tick, 50);
  history.note(2, 11 * tick, 5);
  history.note(1, 12 * tick, 60);
  EXPECT_EQ(history.position_at(1, 12 * tick, 70), 60u);
  EXPECT_EQ(history.position_at(1, 11 * tick, 70), 60u);
  EXPECT_EQ(history.position_at(1, 10 * tick, 70), 50u);
  EXPECT_EQ(history.position_at(1, 0, 70), 50u);
}

TEST(TailHistory, AnyMoveOfTheSameTickMayHaveComeLater) {
  TailHistory history;
  history.note(1, 10 * tick, 50);
  history.note(1, 10 * tick + 5, 60);
  EXPECT_EQ(history.position_at(1, 10 * tick + 3, 70), 50u);
}

TEST(TailHistory, BeyondItsMemoryItSaysSo) {
  TailHistory history;
  for (size_t i = 0; i <= TailHistory::moves_max; ++i)
    history.note(i, static_cast<int64_t>(i) * tick, 0);
  EXPECT_EQ(history.position_at(7, 0, 1), std::nullopt);
  EXPECT_EQ(history.position_at(7, tick, 1), 0u);
  EXPECT_EQ(history.position_at(5'000, tick, 1), 1u);
}

TEST(TailHistory, NeverAnswersAPositionBehindALaterAppend) {
  std::minstd_rand random(7);
  struct Append {
    uint64_t stream_id;
    int64_t at_ms;
    uint64_t begin;
  };
  TailHistory history;
  std::vector<Append> all;
  uint64_t ends[3] = {};
  int64_t now_ms = 0;
  for (int i = 0; i < 900; ++i) {
    now_ms += static_cast<int64_t>(random() % 9);
    const uint64_t stream_id = random() % 3;
    all.push_back({stream_id, now_ms, ends[stream_id]});
    history.note(stream_id, now_ms, ends[stream_id]);
    ends[stream_id] += 1 + random() % 5;
  }
  for (int64_t then_ms = 0; then_ms <= now_ms; ++then_ms) {
    for (uint64_t stream_id = 0; stream_id < 3; ++stream_id) {
      uint64_t latest = ends[stream_id];    // That misses nothing.
      uint64_t earliest = ends[stream_id];  // A tick's worth of overlap.
      for (const Append& append : all) {
        if (append.stream_id != stream_id) continue;
        if (append.at_ms >= then_ms) latest = std::min(latest, append.begin);
        if (append.at_ms > then_ms - tick) earliest = std::min(earliest, append.begin);
      }
      const auto position = history.position_at(stream_id, then_ms, ends[stream_id]);
      ASSERT_TRUE(position);
      ASSERT_LE(*position, latest) << "then " << then_ms;
      ASSERT_GE(*position, earliest) << "then " << then_ms;
    }
  }
}

}  // namespace
}  // namespace durable_streams::storage
