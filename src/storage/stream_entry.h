// One stream as the engines of this folder keep it: its admitted and its
// durable state.
//
// Threads: everything but path(), config() and snapshot() is guarded by the
// mutex of the shard that the stream's path falls into (stream_table.h).
// Lifetime: shared; outlives the stream's deletion, never its engine.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "storage/engine.h"

namespace durable_streams::storage {

// A million of these are kept: fields are chosen and ordered for size.
class StreamEntry : public OpenStream {
 public:
  // A stream that is being created: empty, and not durable.
  StreamEntry(std::mutex& shard_mutex, std::string_view path, uint64_t stream_id,
              std::shared_ptr<const protocol::StreamConfig> config);

  std::string_view path() const override { return path_; }
  const protocol::StreamConfig& config() const override { return *admitted.config; }
  Snapshot snapshot() const override;

  // For callers that hold the shard's mutex.
  Snapshot snapshot_locked() const;
  protocol::Offset durable_tail() const {
    return {admitted.stream_id, durable_position};
  }

  std::mutex& shard_mutex() const { return shard_mutex_; }

 private:
  std::mutex& shard_mutex_;
  const std::string path_;

 public:
  protocol::StreamState admitted;

  // Bytes that are durable. Invariant: <= admitted.tail.position.
  uint64_t durable_position = 0;

  // Number of the last change admitted for this stream (commit_queue.h).
  uint64_t last_change = 0;

  // The newest `active_ms` that was queued for the log; the one in `admitted`
  // also knows of reads that were not worth a record.
  int64_t logged_active_ms = 0;

  // Bit n: listener n watches.
  uint64_t listeners = 0;

  bool admitted_exists = true;  // Not removed or expired.
  bool durable_exists = false;  // Its creation is durable, its end is not.
  bool durable_closed = false;
};

using EntryPtr = std::shared_ptr<StreamEntry>;

// The entry behind a handle that this folder's engines gave out.
inline StreamEntry& entry_of(const OpenStream& stream) {
  return const_cast<StreamEntry&>(static_cast<const StreamEntry&>(stream));
}

}  // namespace durable_streams::storage
