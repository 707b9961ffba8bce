#include "protocol/stream_state.h"

#include <algorithm>

#include "base/assert.h"
#include "base/limits.h"

namespace durable_streams::protocol {
namespace {

bool is_full(const WriterTable& writers) {
  return writers.producers() >= limits::producers_per_stream_max;
}

void make_room(WriterTable& writers, int64_t at_ms) {
  if (forgets_producers(writers, at_ms)) {
    writers.forget_idle(at_ms - producer_retention_ms);
  }
  constexpr size_t kept = limits::producers_per_stream_max / 4 * 3;
  if (is_full(writers))
    writers.forget_longest_idle(kept, at_ms - producer_retention_full_ms);
}

void put_producer(WriterTable& writers, const ProducerTuple& tuple, int64_t at_ms) {
  const bool is_crowded = is_full(writers) || forgets_producers(writers, at_ms);
  if (is_crowded && !writers.producer(tuple.id)) make_room(writers, at_ms);
  writers.put_producer(tuple, at_ms);
}

}  // namespace

void apply(StreamState& state, const Unit& unit, Offset tail_after) {
  DS_ASSERT(unit.kind != Unit::Kind::remove && unit.kind != Unit::Kind::expire);
  state.active_ms = std::max<int64_t>(state.active_ms, unit.at_ms);
  if (unit.kind == Unit::Kind::renew) return;

  DS_ASSERT((unit.config != nullptr) == (unit.kind == Unit::Kind::create));
  if (unit.kind == Unit::Kind::create) state.config = unit.config;
  DS_ASSERT(!state.closed);
  DS_ASSERT(tail_after >= state.tail());
  state.tail_position = tail_after.position;
  if (unit.producer) put_producer(state.writers, *unit.producer, unit.at_ms);
  if (unit.stream_seq) state.writers.put_stream_seq(*unit.stream_seq);
  if (unit.closes) {
    state.closed = true;
    if (unit.producer) state.writers.set_closed_by(unit.producer->id);
  }
}

bool is_expired(const StreamState& state, const Moment& now) {
  return is_expired(*state.config, state.active_ms, now);
}

bool is_expired(const StreamConfig& config, int64_t active_ms, const Moment& now) {
  if (config.ttl_seconds) {
    // Both times are cut to whole milliseconds, so an equal one may be early.
    return now.stream_ms - active_ms > static_cast<int64_t>(*config.ttl_seconds) * 1000;
  }
  return config.expires_at_ms && now.wall_ms >= *config.expires_at_ms;
}

bool may_end(const StreamState& state, const Moment& now) {
  return may_end(*state.config, state.active_ms, now);
}

bool may_end(const StreamConfig& config, int64_t active_ms, const Moment& now) {
  return is_expired(config, active_ms, now) &&
         (!config.expires_at_ms || now.settled_wall_ms >= *config.expires_at_ms);
}

int64_t renewal_grain_ms(uint64_t ttl_seconds) {
  constexpr int64_t month_ms = int64_t{30} * 24 * 3600 * 1000;
  return std::clamp<int64_t>(static_cast<int64_t>(ttl_seconds) * 100, 1000, month_ms);
}

bool needs_renewal(const StreamConfig& config, int64_t logged_ms, const Moment& now) {
  const std::optional<uint64_t>& ttl = config.ttl_seconds;
  return ttl && now.stream_ms - logged_ms > renewal_grain_ms(*ttl);
}

bool forgets_producers(const WriterTable& writers, int64_t at_ms) {
  constexpr int64_t slack_ms = producer_retention_ms / 8;
  return writers.may_hold_idle(at_ms - producer_retention_ms - slack_ms);
}

bool has_room_for_producer(const WriterTable& writers, int64_t at_ms) {
  return !is_full(writers) || writers.may_hold_idle(at_ms - producer_retention_full_ms);
}

}  // namespace durable_streams::protocol
