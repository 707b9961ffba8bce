// Idempotent producers: who wrote what last (PROTOCOL.md §5.2.1).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace durable_streams::protocol {

// The three producer headers of a request. `id` is already scoped by the
// writer's authority (append_request.h).
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
struct ProducerAccepted {};                       // Append; state becomes the tuple's.
struct ProducerDuplicate { uint64_t last_seq; };  // Already there: 204.
struct ProducerStaleEpoch { uint64_t current; };  // Fenced: 403.
struct ProducerGap { uint64_t expected; uint64_t received; };  // 409.
struct ProducerEpochMustStartAtZero {};           // New epoch with seq > 0: 400.
using ProducerVerdict = std::variant<ProducerAccepted, ProducerDuplicate, ProducerStaleEpoch,
                                     ProducerGap, ProducerEpochMustStartAtZero>;

// `known` is null for a producer that the stream has not seen; its first seq
// must be 0, in any epoch (a gap otherwise).
ProducerVerdict validate_producer(const ProducerState* known, const ProducerTuple& claim);

// The producers of one stream, by id. Empty tables cost one null pointer.
// Not thread-safe.
class ProducerTable {
 public:
  struct Entry {
    std::string id;
    ProducerState state;
    int64_t last_used_ms = 0;  // Stream time (stream_state.h).
  };

  ProducerTable() = default;
  ProducerTable(const ProducerTable& other);
  ProducerTable& operator=(const ProducerTable& other);
  ProducerTable(ProducerTable&&) noexcept = default;
  ProducerTable& operator=(ProducerTable&&) noexcept = default;

  // Null if unknown. Valid until the next change. O(log n).
  const ProducerState* find(std::string_view id) const;

  void put(std::string_view id, ProducerState state, int64_t now_ms);

  // Forgets producers not used since `before_ms`; returns how many.
  size_t forget_idle(int64_t before_ms);

  size_t size() const { return entries_ ? entries_->size() : 0; }
  // In order of id.
  const Entry* begin() const { return entries_ ? entries_->data() : nullptr; }
  const Entry* end() const { return begin() + size(); }

 private:
  std::unique_ptr<std::vector<Entry>> entries_;  // Sorted by id.
};

}  // namespace durable_streams::protocol
