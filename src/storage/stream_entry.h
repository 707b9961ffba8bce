// One stream as the engines of this folder keep it: its admitted and its
// durable state.
//
// An entry is one allocation, its path behind it. What few streams have lies in
// the shard (stream_shard.h).
//
// Threads: everything but path(), config() and snapshot() is guarded by the
// mutex of the shard that the stream's path falls into (stream_table.h).
// Lifetime: counted; outlives the stream's deletion, never its engine.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "base/small_blocks.h"
#include "storage/engine.h"

namespace durable_streams::storage {

class StreamShard;

// A million of these are kept: fields are chosen and ordered for size.
class StreamEntry : public OpenStream {
 public:
  const protocol::StreamConfig& config() const final { return *admitted.config; }
  Snapshot snapshot() const final;

  // For callers that hold the shard's mutex.
  Snapshot snapshot_locked() const;
  uint64_t stream_id() const { return admitted.stream_id; }
  protocol::Offset durable_tail() const { return {stream_id(), durable_position}; }

  // Reads before it: 410. Invariant: <= durable_position.
  uint64_t earliest_position() const;

  StreamShard& shard() const { return shard_; }
  std::mutex& shard_mutex() const;

  // Stream time: the newest `active_ms` that was queued for the log; the one in
  // `admitted` also knows of reads that were not worth a record.
  int64_t logged_active_ms() const { return admitted.active_ms - unlogged_ms; }
  void set_active_ms(int64_t active_ms, int64_t logged_ms) {
    admitted.active_ms = active_ms;
    unlogged_ms =
        static_cast<uint32_t>(std::min<int64_t>(active_ms - logged_ms, UINT32_MAX));
  }

  // Number of the last change admitted for this stream (commit_queue.h), its
  // low 32 bits: those that are not durable yet are fewer than that.
  uint32_t last_change = 0;

  protocol::StreamState admitted;

  // Bytes that are durable. Invariant: <= admitted.tail_position.
  uint64_t durable_position = 0;

 protected:
  // A stream that is being created: empty, and not durable. Derived classes say
  // make_entry<Derived>(…).
  StreamEntry(StreamShard& shard, std::string_view path, uint64_t stream_id,
              protocol::ConfigPtr config);

  size_t path_size() const { return path_size_; }

 private:
  StreamShard& shard_;
  uint32_t unlogged_ms = 0;
  const uint16_t path_size_;

 public:
  bool admitted_exists : 1 = true;  // Not removed or expired.
  bool durable_exists : 1 = false;  // Its creation is durable, its end is not.
  bool durable_closed : 1 = false;
  bool has_rare_state : 1 = false;  // The shard's to change.

  // A stamp that the TTL's promise needs is queued for the log, not durable yet.
  bool stamp_in_flight : 1 = false;
};

using EntryPtr = boost::intrusive_ptr<StreamEntry>;

// An engine's kind of entry, with what Details holds of a stream. The path lies
// behind it.
template <class Details>
class EntryWith final : public StreamEntry, public Details {
 public:
  static boost::intrusive_ptr<EntryWith> make(StreamShard& shard, std::string_view path,
                                              uint64_t stream_id,
                                              protocol::ConfigPtr config) {
    static_assert(sizeof(EntryWith) + limits::stream_path_bytes_max <=
                  SmallBlockPool::block_bytes_max);
    void* const memory = allocate_small(sizeof(EntryWith) + path.size());
    return new (memory) EntryWith(shard, path, stream_id, std::move(config));
  }
  // What `delete` uses: the allocation is longer than the object.
  static void operator delete(void* memory) { release_small(memory); }

  std::string_view path() const override { return {behind(), path_size()}; }

 private:
  EntryWith(StreamShard& shard, std::string_view path, uint64_t stream_id,
            protocol::ConfigPtr config)
      : StreamEntry(shard, path, stream_id, std::move(config)) {
    std::memcpy(const_cast<char*>(behind()), path.data(), path.size());
  }
  const char* behind() const { return reinterpret_cast<const char*>(this + 1); }
};

// The entry behind a handle that this folder's engines gave out.
inline StreamEntry& entry_of(const OpenStream& stream) {
  return const_cast<StreamEntry&>(static_cast<const StreamEntry&>(stream));
}

}  // namespace durable_streams::storage
