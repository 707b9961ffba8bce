#include "protocol/stream_state.h"

#include <algorithm>

#include "base/assert.h"

namespace durable_streams::protocol {
namespace {

void put_stream_seq(std::vector<ScopedSeq>& seqs, const ScopedSeq& seq) {
  for (ScopedSeq& known : seqs) {
    if (known.scope == seq.scope) {
      known.value = seq.value;
      return;
    }
  }
  seqs.push_back(seq);
}

void put_producer(ProducerTable& producers, const ProducerTuple& tuple, int64_t at_ms) {
  if (forgets_producers(producers, at_ms) && producers.find(tuple.id) == nullptr) {
    producers.forget_idle(at_ms - producer_retention_ms);
  }
  producers.put(tuple.id, {tuple.epoch, tuple.seq}, at_ms);
}

}  // namespace

const std::string* StreamState::last_stream_seq(const std::string& scope) const {
  for (const ScopedSeq& known : stream_seqs) {
    if (known.scope == scope) return &known.value;
  }
  return nullptr;
}

void apply(StreamState& state, const Unit& unit, Offset tail_after) {
  DS_ASSERT(unit.kind != Unit::Kind::remove && unit.kind != Unit::Kind::expire);
  state.active_ms = std::max(state.active_ms, unit.at_ms);
  if (unit.kind == Unit::Kind::renew) return;

  DS_ASSERT((unit.config != nullptr) == (unit.kind == Unit::Kind::create));
  if (unit.kind == Unit::Kind::create) state.config = unit.config;
  DS_ASSERT(!state.closed);
  DS_ASSERT(tail_after >= state.tail);
  state.tail = tail_after;
  if (unit.closes) {
    state.closed = true;
    if (unit.producer)
      state.closed_by = std::make_unique<ProducerTuple>(*unit.producer);
  }
  if (unit.producer) put_producer(state.producers, *unit.producer, unit.at_ms);
  if (unit.stream_seq) put_stream_seq(state.stream_seqs, *unit.stream_seq);
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

int64_t renewal_grain_ms(uint64_t ttl_seconds) {
  return std::max<int64_t>(1000, static_cast<int64_t>(ttl_seconds) * 100);
}

bool needs_renewal(const StreamState& state, const Moment& now) {
  const std::optional<uint64_t>& ttl = state.config->ttl_seconds;
  return ttl && now.stream_ms - state.active_ms > renewal_grain_ms(*ttl);
}

bool forgets_producers(const ProducerTable& producers, int64_t at_ms) {
  constexpr int64_t slack_ms = producer_retention_ms / 8;
  return producers.may_hold_idle(at_ms - producer_retention_ms - slack_ms);
}

}  // namespace durable_streams::protocol
