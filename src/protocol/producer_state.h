// Idempotent producers: who wrote what last (PROTOCOL.md §5.2.1).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
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

// How long (in stream time) a stream remembers an idle producer at least. A
// producer that comes back later starts anew, at seq 0 in any epoch.
inline constexpr int64_t producer_retention_ms = int64_t{7} * 24 * 3600 * 1000;

// The producers of one stream, by id. Empty tables cost one null pointer;
// changes are O(log n), because a stream may be written by a producer for each
// record of an application.
// Not thread-safe.
class ProducerTable {
  struct Known {
    ProducerState state;
    int64_t last_used_ms;
  };
  using Map = std::map<std::string, Known, std::less<>>;

 public:
  struct Entry {
    std::string_view id;
    ProducerState state;
    int64_t last_used_ms = 0;  // Stream time (stream_state.h).
  };

  // Goes through the entries in order of id.
  class Iterator {
   public:
    Entry operator*() const {
      return {at_->first, at_->second.state, at_->second.last_used_ms};
    }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    friend class ProducerTable;
    Map::const_iterator at_{};
  };

  ProducerTable() = default;
  ProducerTable(const ProducerTable& other);
  ProducerTable& operator=(const ProducerTable& other);
  ProducerTable(ProducerTable&&) noexcept = default;
  ProducerTable& operator=(ProducerTable&&) noexcept = default;

  // Null if unknown. Valid until the next change.
  const ProducerState* find(std::string_view id) const;

  void put(std::string_view id, ProducerState state, int64_t now_ms);

  // False if certainly none was idle since `before_ms`. O(1).
  bool may_hold_idle(int64_t before_ms) const;

  // Forgets producers not used since `before_ms`; returns how many. O(n), or
  // O(1) if may_hold_idle() says no.
  size_t forget_idle(int64_t before_ms);

  size_t size() const { return entries_ ? entries_->known.size() : 0; }
  Iterator begin() const;
  Iterator end() const;

 private:
  // Invariant: never empty once a change is over.
  struct Entries {
    Map known;
    int64_t oldest_ms = 0;  // No later than any entry's last use.
  };

  std::unique_ptr<Entries> entries_;
};

}  // namespace durable_streams::protocol
