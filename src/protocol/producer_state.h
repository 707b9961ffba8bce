// Idempotent producers: who wrote what last (PROTOCOL.md §5.2.1).
#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace durable_streams::protocol {

// The three producer headers of a request. `id` is already scoped by the
// writer's authority (the layer above prefixes it).
struct ProducerTuple {
  std::string id;
  uint64_t epoch = 0;
  uint64_t seq = 0;

  friend bool operator==(const ProducerTuple&, const ProducerTuple&) = default;
};

// What a stream remembers of one producer.
struct ProducerState {
  uint64_t epoch = 0;
  uint64_t last_seq = 0;

  friend bool operator==(const ProducerState&, const ProducerState&) = default;
};

// Answers of validate_producer(), the closed decision table of §5.2.1.
// Append; the state becomes the tuple's.
struct ProducerAccepted {};
// Already there: 204.
struct ProducerDuplicate {
  uint64_t last_seq;
};
// Fenced by a newer epoch: 403.
struct ProducerStaleEpoch {
  uint64_t current;
};
// 409.
struct ProducerGap {
  uint64_t expected;
  uint64_t received;
};
// A new epoch with seq > 0: 400.
struct ProducerEpochMustStartAtZero {};
using ProducerVerdict =
    std::variant<ProducerAccepted, ProducerDuplicate, ProducerStaleEpoch, ProducerGap,
                 ProducerEpochMustStartAtZero>;

// `known` is null for a producer that the stream has not seen; its first seq
// must be 0, in any epoch (a gap otherwise).
ProducerVerdict validate_producer(const ProducerState* known,
                                  const ProducerTuple& claim);

// How long (in stream time) a stream remembers an idle producer at least, if it
// knows fewer than limits::producers_per_stream_max. A producer that comes back later
// starts anew, at seq 0 in any epoch.
inline constexpr int64_t producer_retention_ms = int64_t{7} * 24 * 3600 * 1000;

// The same for a stream that knows so many: no retry of an append, whose answer was
// lost just now, must find its producer forgotten. If none has been idle for that
// long, a new one is refused.
inline constexpr int64_t producer_retention_full_ms = int64_t{15} * 60 * 1000;

}  // namespace durable_streams::protocol
