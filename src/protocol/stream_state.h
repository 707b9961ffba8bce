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
#include <optional>

#include "protocol/framed_payload.h"
#include "protocol/offset.h"
#include "protocol/producer_state.h"
#include "protocol/stream_config.h"
#include "protocol/writer_table.h"

namespace durable_streams::protocol {

// The time at which something is decided.
struct Moment {
  // Stream time: milliseconds that this store has been open, over all its
  // runs. It never steps and never goes back, and stands still while the server
  // is down, so a TTL counted in it is safe from clock changes.
  int64_t stream_ms = 0;

  // Wall clock, milliseconds since 1970: for Stream-Expires-At alone.
  int64_t wall_ms = 0;

  // What the wall clock has shown, at least, at all times of the last hour or so
  // (limits::expires_at_grace_ms): a clock that runs ahead for less does not
  // raise it. Nothing yet: long ago.
  int64_t settled_wall_ms = INT64_MIN;
};

// Kept a million times: fields are chosen and ordered for size.
struct StreamState {
  uint64_t stream_id = 0;      // Never reused; > 0.
  ConfigPtr config;            // Shared among streams that agree.
  uint64_t tail_position = 0;  // Bytes, since the stream began.
  int64_t active_ms : 56 = 0;  // Stream time of the last append or renewing read.
  bool closed : 1 = false;
  WriterTable writers;

  Offset tail() const { return {stream_id, tail_position}; }
};
static_assert(sizeof(StreamState) == 40);

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
  ConfigPtr config;

  // create, append.
  FramedPayload payload;
  bool closes = false;
  std::optional<ProducerTuple> producer;
  std::optional<ScopedSeq> stream_seq;
};

// The state after `unit`. For create, `state` is a fresh StreamState whose
// stream_id the engine has set.
// `tail_after` comes from the engine, which alone knows how offsets grow.
// remove and expire have no state after them: asserted.
void apply(StreamState& state, const Unit& unit, Offset tail_after);

// Whether the stream is past its TTL or its Expires-At: nobody may read it, or
// write to it.
bool is_expired(const StreamState& state, const Moment& now);
// The same, for who has only a stream's configuration and last activity.
bool is_expired(const StreamConfig& config, int64_t active_ms, const Moment& now);

// Whether the stream is expired for good, and its bytes may go. Past its
// Expires-At it is not at once: should the wall clock have been wrong, and be put
// right within the grace, the stream is back with all it had.
bool may_end(const StreamState& state, const Moment& now);
bool may_end(const StreamConfig& config, int64_t active_ms, const Moment& now);

// Whether a read now should log a renewal: a TTL stream whose newest stamp in the
// log is older than renewal_grain_ms().
bool needs_renewal(const StreamConfig& config, int64_t logged_ms, const Moment& now);

// How far a logged stamp may lag behind the last read: a tenth of the TTL, at
// least one second and at most 30 days. Recovery must grant a stream that much
// more time.
int64_t renewal_grain_ms(uint64_t ttl_seconds);

// Whether the next new producer at `at_ms` makes apply() forget those idle for
// longer than producer_retention_ms. An eighth of it is granted on top, so that
// the table is gone through once a day and not once an append.
bool forgets_producers(const WriterTable& writers, int64_t at_ms);

// Whether the stream can remember one more at `at_ms`. If it knows as many as it may,
// apply() forgets a quarter, of those idle for longer than producer_retention_full_ms.
bool has_room_for_producer(const WriterTable& writers, int64_t at_ms);

}  // namespace durable_streams::protocol
