// Where the tails of a shard's streams were a moment ago, so that a page can be
// told the offset that held when its request began, although its streams were
// not known before it had run its queries (docs/decisions/).
//
// Kept in memory only, and short: the newest `moves_max` moves of a shard.
// Answers err on the early side, never on the late one: whoever reads from an
// early offset sees some events twice, from a late one would miss some.
//
// Threads: belongs to a shard; guarded by its mutex.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace durable_streams::storage {

class TailHistory {
 public:
  static constexpr size_t moves_max = 1024;
  static constexpr int64_t tick_ms = 16;

  // The stream is about to become longer than `position`, by a change that was
  // admitted at `admitted_ms` (stream time; never less than in an earlier call).
  void note(uint64_t stream_id, int64_t admitted_ms, uint64_t position);

  // A position that nothing admitted at `then_ms` or later lies before, and not
  // more than a tick older than need be. `position_now` is the stream's end.
  // nullopt: `then_ms` is longer ago than the memory reaches.
  std::optional<uint64_t> position_at(uint64_t stream_id, int64_t then_ms,
                                      uint64_t position_now) const;

 private:
  // A tick's first move of a stream; its others begin later.
  struct Move {
    uint64_t stream_id;
    int64_t tick;
    uint64_t position;
  };

  std::deque<Move> moves_;
  std::optional<int64_t> forgotten_tick_;  // Of the newest move that was dropped.
};

}  // namespace durable_streams::storage
