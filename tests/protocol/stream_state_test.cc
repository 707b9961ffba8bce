#include "protocol/stream_state.h"

#include <gtest/gtest.h>

namespace durable_streams::protocol {
namespace {

StreamState fresh_state(StreamConfig config = {}) {
  StreamState state;
  state.stream_id = 7;
  Unit unit;
  unit.kind = Unit::Kind::create;
  unit.at_ms = 1000;
  unit.config = share_config(std::move(config));
  apply(state, unit, {7, 0});
  return state;
}

Unit append_at(int64_t at_ms) {
  Unit unit;
  unit.at_ms = at_ms;
  return unit;
}

TEST(StreamState, CreateSetsConfigurationTailAndStamp) {
  const StreamState state = fresh_state({"text/plain", 60, {}});
  EXPECT_EQ(state.config->content_type, "text/plain");
  EXPECT_EQ(state.tail(), (Offset{7, 0}));
  EXPECT_EQ(state.active_ms, 1000);
  EXPECT_FALSE(state.closed);
}

TEST(StreamState, CreateMayCloseAtOnce) {
  StreamState state;
  Unit unit;
  unit.kind = Unit::Kind::create;
  unit.config = share_config({});
  unit.closes = true;
  apply(state, unit, {7, 3});
  EXPECT_TRUE(state.closed);
  EXPECT_FALSE(state.writers.closed_by());
}

TEST(StreamState, AppendMovesTailProducerStreamSeqAndStampTogether) {
  StreamState state = fresh_state();
  Unit unit = append_at(2000);
  unit.producer = ProducerTuple{"p", 3, 0};
  unit.stream_seq = ScopedSeq{"s", "09"};
  apply(state, unit, {7, 20});
  EXPECT_EQ(state.tail(), (Offset{7, 20}));
  EXPECT_EQ(state.writers.producer("p"), (ProducerState{3, 0}));
  EXPECT_EQ(state.writers.stream_seq("s"), "09");
  EXPECT_FALSE(state.writers.stream_seq("c:ann"));
  EXPECT_EQ(state.active_ms, 2000);
  EXPECT_FALSE(state.closed);
}

TEST(StreamState, AppendWithoutTheseKeepsThem) {
  StreamState state = fresh_state();
  Unit unit = append_at(2000);
  unit.producer = ProducerTuple{"p", 3, 0};
  unit.stream_seq = ScopedSeq{"s", "09"};
  apply(state, unit, {7, 20});
  apply(state, append_at(2001), {7, 30});
  EXPECT_EQ(state.writers.producer("p"), (ProducerState{3, 0}));
  EXPECT_EQ(state.writers.stream_seq("s"), "09");
}

TEST(StreamState, StreamSeqsOfScopesAreApart) {
  StreamState state = fresh_state();
  for (const auto& [scope, value] :
       {std::pair("s", "5"), std::pair("c:ann", "1"), std::pair("s", "6")}) {
    Unit unit = append_at(2000);
    unit.stream_seq = ScopedSeq{scope, value};
    apply(state, unit, state.tail());
  }
  EXPECT_EQ(state.writers.stream_seq("s"), "6");
  EXPECT_EQ(state.writers.stream_seq("c:ann"), "1");
  EXPECT_EQ(state.writers.stream_seqs(), 2u);
}

TEST(StreamState, CloseRemembersTheProducerThatClosed) {
  StreamState state = fresh_state();
  Unit unit = append_at(2000);
  unit.closes = true;
  unit.producer = ProducerTuple{"p", 1, 0};
  apply(state, unit, {7, 5});
  EXPECT_TRUE(state.closed);
  EXPECT_EQ(state.writers.closed_by(), (ProducerTuple{"p", 1, 0}));
}

TEST(StreamState, RenewalTouchesTheStampAlone) {
  StreamState state = fresh_state();
  Unit unit;
  unit.kind = Unit::Kind::renew;
  unit.at_ms = 5000;
  apply(state, unit, {9, 9});
  EXPECT_EQ(state.active_ms, 5000);
  EXPECT_EQ(state.tail(), (Offset{7, 0}));
  unit.at_ms = 4000;
  apply(state, unit, {9, 9});
  EXPECT_EQ(state.active_ms, 5000) << "the stamp never goes back";
}

TEST(StreamStateDeathTest, AppendToAClosedStreamIsABrokenInvariant) {
  StreamState state = fresh_state();
  Unit closing = append_at(2000);
  closing.closes = true;
  apply(state, closing, {7, 0});
  EXPECT_DEATH(apply(state, append_at(2001), {7, 5}), "closed");
}

TEST(StreamStateDeathTest, NothingComesAfterARemoval) {
  StreamState state = fresh_state();
  Unit unit;
  unit.kind = Unit::Kind::remove;
  EXPECT_DEATH(apply(state, unit, {7, 0}), "remove");
}

TEST(Expiry, NeverComesForAStreamWithoutOne) {
  const StreamState state = fresh_state();
  EXPECT_FALSE(is_expired(state, {INT64_MAX, INT64_MAX}));
  EXPECT_FALSE(needs_renewal(*state.config, 0, {INT64_MAX, INT64_MAX}));
}

TEST(Expiry, TtlIsCountedInStreamTimeFromTheLastUse) {
  StreamState state = fresh_state({"text/plain", 60, {}});
  EXPECT_FALSE(is_expired(state, {1000, INT64_MAX}));
  EXPECT_FALSE(is_expired(state, {61'000, 0}))
      << "cut to milliseconds this may be early";
  EXPECT_TRUE(is_expired(state, {61'001, 0}));
  apply(state, append_at(50'000), {7, 1});
  EXPECT_FALSE(is_expired(state, {110'000, 0}));
  EXPECT_TRUE(is_expired(state, {110'001, 0}));
}

TEST(Expiry, TtlOfZeroEndsAtOnceAndOfACenturyDoesNotOverflow) {
  EXPECT_TRUE(is_expired(fresh_state({"text/plain", 0, {}}), {1001, 0}));
  EXPECT_FALSE(is_expired(fresh_state({"text/plain", 100ull * 366 * 24 * 3600, {}}),
                          {1'000'000'000'000, 0}));
}

TEST(Expiry, ExpiresAtIsAWallTimeThatNothingMoves) {
  StreamState state = fresh_state({"text/plain", {}, 5'000'000});
  apply(state, append_at(50'000), {7, 1});
  EXPECT_FALSE(is_expired(state, {INT64_MAX, 4'999'999}));
  EXPECT_TRUE(is_expired(state, {0, 5'000'000}));
  EXPECT_FALSE(needs_renewal(*state.config, 0, {INT64_MAX, 0}));
}

TEST(Expiry, IsForGoodAtTheEndOfATtlAndWhenTheWallClockHasSettled) {
  const StreamState ttl = fresh_state({"text/plain", 60, {}});
  EXPECT_FALSE(may_end(ttl, {61'000, 0}));
  EXPECT_TRUE(may_end(ttl, {61'001, 0}));
  const StreamState moment = fresh_state({"text/plain", {}, 5'000'000});
  EXPECT_FALSE(may_end(moment, {0, 5'000'000})) << "the clock may be wrong";
  EXPECT_FALSE(may_end(moment, {0, 5'000'000, 4'999'999}));
  EXPECT_TRUE(may_end(moment, {0, 5'000'000, 5'000'000}));
  EXPECT_FALSE(may_end(moment, {0, 4'999'999, 5'000'000})) << "it was put back";
}

TEST(Renewal, IsDueAfterATenthOfTheTtlButNotWithinASecondAndOnceAMonth) {
  const StreamConfig hour{"text/plain", 3600, {}};
  EXPECT_FALSE(needs_renewal(hour, 1000, {1000 + 360'000, 0}));
  EXPECT_TRUE(needs_renewal(hour, 1000, {1000 + 360'001, 0}));
  const StreamConfig brief{"text/plain", 3, {}};
  EXPECT_FALSE(needs_renewal(brief, 1000, {2000, 0}));
  EXPECT_TRUE(needs_renewal(brief, 1000, {2001, 0}));
  const int64_t day_ms = 24 * 3600 * 1000;
  const StreamConfig century{"text/plain", 100ull * 366 * 24 * 3600, {}};
  EXPECT_FALSE(needs_renewal(century, 1000, {1000 + 30 * day_ms, 0}));
  EXPECT_TRUE(needs_renewal(century, 1000, {1001 + 30 * day_ms, 0}));
}

TEST(IdleProducers, AreForgottenWhenANewOneComesAndTheOldestIsLongIdle) {
  StreamState state = fresh_state();
  const auto append_by = [&](const std::string& id, int64_t at_ms) {
    Unit unit = append_at(at_ms);
    const auto known = state.writers.producer(id);
    unit.producer = ProducerTuple{id, 0, !known ? 0 : known->last_seq + 1};
    apply(state, unit, state.tail());
  };
  const int64_t day_ms = 24 * 3600 * 1000;
  append_by("a", 0);
  append_by("b", 3 * day_ms);
  append_by("a", 7 * day_ms + 1);
  EXPECT_EQ(state.writers.producers(), 2u) << "a known producer forgets nobody";
  append_by("b", 8 * day_ms);
  append_by("c", 8 * day_ms);
  EXPECT_EQ(state.writers.producers(), 3u);
  append_by("c", 14 * day_ms);
  append_by("d", 16 * day_ms);
  EXPECT_FALSE(state.writers.producer("a"));
  EXPECT_FALSE(state.writers.producer("b"));
  EXPECT_TRUE(state.writers.producer("c"));
  EXPECT_TRUE(state.writers.producer("d"));
}

}  // namespace
}  // namespace durable_streams::protocol
