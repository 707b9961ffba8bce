// What a stream remembers of those who write to it: of each idempotent producer
// its epoch and sequence number (PROTOCOL.md §5.2.1), of each scope its last
// Stream-Seq (§5.2), and which producer closed it (§5.3).
//
// There are a million streams, most with no writer worth remembering or with one
// producer. So the table is one pointer, and a few producers are one block: 18
// bytes and the id each, and one byte. More of them, or a Stream-Seq, go into ordered
// maps: changes are O(log n), because a stream may be written by a producer for each
// record of an application.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/producer_state.h"

namespace durable_streams::protocol {

// A Stream-Seq with the scope in which it must ascend: the writer's authority
// (the app server; a client's `identity`).
struct ScopedSeq {
  std::string scope;
  std::string value;

  friend bool operator==(const ScopedSeq&, const ScopedSeq&) = default;
};

class WriterTable {
 public:
  struct Producer {
    std::string_view id;
    ProducerState state;

    // Stream time (stream_state.h) of the last use: a whole minute, up to one
    // later than it was.
    int64_t last_used_ms = 0;
  };

  WriterTable() = default;
  WriterTable(WriterTable&& other) noexcept
      : word_(std::exchange(other.word_, uintptr_t{0})) {}
  WriterTable& operator=(WriterTable&& other) noexcept {
    std::swap(word_, other.word_);
    return *this;
  }
  ~WriterTable() { clear(); }

  // Nullopt if unknown.
  std::optional<ProducerState> producer(std::string_view id) const;

  // Remembers the tuple as its producer's newest, used at `now_ms`.
  void put_producer(const ProducerTuple& tuple, int64_t now_ms);

  size_t producers() const;

  // How many producers have ids that begin with `prefix`, but no more than
  // `count_max` are counted.
  size_t producers_with(std::string_view prefix, size_t count_max) const;

  // False if certainly none was idle since `before_ms`.
  bool may_hold_idle(int64_t before_ms) const;

  // Forgets producers not used since `before_ms`; returns how many. O(n), or
  // O(1) if may_hold_idle() says no.
  size_t forget_idle(int64_t before_ms);

  // Forgets those idle longest until at most `count_kept` are left, but none that was
  // used at `before_ms` or later; those last used in the same minute go together.
  // Returns how many. O(n).
  size_t forget_longest_idle(size_t count_kept, int64_t before_ms);

  // In no special order.
  void each_producer(const std::function<void(const Producer&)>& visit) const;

  // The scope's last Stream-Seq, or nullopt. Valid until the next change.
  std::optional<std::string_view> stream_seq(std::string_view scope) const;
  void put_stream_seq(const ScopedSeq& seq);
  size_t stream_seqs() const;

  // In order of scopes.
  void each_stream_seq(const std::function<void(std::string_view scope,
                                                std::string_view value)>& visit) const;

  // The producer `id`, which is known, has closed the stream with its last
  // append. There are no changes after this one.
  void set_closed_by(std::string_view id);
  std::optional<ProducerTuple> closed_by() const;

  void clear();

 private:
  struct Many;  // Maps.

  static constexpr size_t block_producers_max = 8;
  static constexpr uintptr_t block_tag = 1;

  bool has_block() const { return (word_ & block_tag) != 0; }
  // A byte, the number of producers, and then these.
  char* block() const { return reinterpret_cast<char*>(word_ - block_tag); }
  size_t count() const { return has_block() ? static_cast<size_t>(*block()) : 0; }
  char* first() const { return has_block() ? block() + 1 : nullptr; }
  Many* many() const { return has_block() ? nullptr : reinterpret_cast<Many*>(word_); }
  Many& make_many();
  bool put_in_block(const ProducerTuple& tuple, int64_t now_ms);

  // Null, a block's address + block_tag, or that of maps.
  uintptr_t word_ = 0;
};

}  // namespace durable_streams::protocol
