// The state of one stream and the changes it can go through.
//
// This is the heart of the server, and it is pure: decide_*() (create.h,
// append.h, lifetime.h) look at a StreamState and a request and say what
// should happen; a change is a Unit; apply() is the only way a StreamState
// changes. Engines supply atomicity and durability: they run decide on the
// newest state, commit the Unit, and apply it. Recovery applies the units of
// the log from the beginning. No I/O, no clock, no threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/framed_payload.h"
#include "protocol/offset.h"
#include "protocol/producer_state.h"
#include "protocol/stream_config.h"

namespace durable_streams::protocol {

// The time at which something is decided.
struct Moment {
  // Stream time: milliseconds that this store has been open, over all its
  // runs. It never steps and never goes back, and stands still while the server
  // is down, so a TTL counted in it is safe from clock changes.
  int64_t stream_ms = 0;

  // Wall clock, milliseconds since 1970: for Stream-Expires-At alone.
  int64_t wall_ms = 0;
};

// A Stream-Seq with the scope in which it must ascend: the writer's authority
// (the app server; a client's `identity`).
struct ScopedSeq {
  std::string scope;
  std::string value;

  friend bool operator==(const ScopedSeq&, const ScopedSeq&) = default;
};

// Invariants: earliest <= tail. `closed_by` is set only if `closed`.
struct StreamState {
  uint64_t stream_id = 0;                      // Never reused; > 0.
  std::shared_ptr<const StreamConfig> config;  // Shared among streams that agree.
  Offset tail;
  Offset earliest;  // Reads before it: 410.
  bool closed = false;
  std::unique_ptr<ProducerTuple> closed_by;  // The producer whose append closed it.
  ProducerTable producers;
  std::vector<ScopedSeq> stream_seqs;  // One per scope, few.
  int64_t active_ms = 0;  // Stream time of the last append or renewing read.

  const std::string* last_stream_seq(const std::string& scope) const;
};

// One atomic change of one stream: all of it is durable, or nothing.
struct Unit {
  enum class Kind : uint8_t {
    create = 1,  // A new stream; replaces an expired one of the same path.
    append = 2,  // Bytes and what must live or die with them; may close; may be
                 // close-only (no bytes).
    remove = 3,  // DELETE.
    expire = 4,  // TTL or Expires-At has passed.
    renew = 5,   // A read renewed the TTL; only `at_ms` matters.
  };

  Kind kind = Kind::append;
  int64_t at_ms = 0;  // Stream time of the decision.

  // create: the configuration. Never null then, null otherwise.
  std::shared_ptr<const StreamConfig> config;

  // create, append.
  FramedPayload payload;
  bool closes = false;
  std::optional<ProducerTuple> producer;
  std::optional<ScopedSeq> stream_seq;
};

// The state after `unit`. For create, `state` is a fresh StreamState whose
// stream_id, tail and earliest the engine has set to the new stream's start.
// `tail_after` comes from the engine, which alone knows how offsets grow.
// remove and expire have no state after them: asserted.
void apply(StreamState& state, const Unit& unit, Offset tail_after);

// Whether the stream is past its TTL or its Expires-At.
bool is_expired(const StreamState& state, const Moment& now);
bool is_expired(const StreamConfig& config, int64_t active_ms, const Moment& now);
// The same, for who has only a stream's configuration and last activity.
bool is_expired(const StreamConfig& config, int64_t active_ms, const Moment& now);

// Whether a read now should log a renewal: a TTL stream whose stamp is older
// than renewal_grain_ms().
bool needs_renewal(const StreamState& state, const Moment& now);

// How far a logged stamp may lag behind the last read: a tenth of the TTL, at
// least one second. Recovery must grant a stream that much more time.
int64_t renewal_grain_ms(uint64_t ttl_seconds);

// Whether the next new producer at `at_ms` makes apply() forget those idle for
// longer than producer_retention_ms. An eighth of it is granted on top, so that
// the table is gone through once a day and not once an append.
bool forgets_producers(const ProducerTable& producers, int64_t at_ms);

}  // namespace durable_streams::protocol
