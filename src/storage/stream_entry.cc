#include "storage/stream_entry.h"

#include <utility>

namespace durable_streams::storage {

StreamEntry::StreamEntry(std::mutex& shard_mutex, std::string_view path,
                         uint64_t stream_id,
                         std::shared_ptr<const protocol::StreamConfig> config)
    : shard_mutex_(shard_mutex), path_(path) {
  admitted.stream_id = stream_id;
  admitted.config = std::move(config);
  admitted.tail = {stream_id, 0};
  admitted.earliest = {stream_id, 0};
}

Snapshot StreamEntry::snapshot() const {
  const std::lock_guard lock(shard_mutex_);
  return snapshot_locked();
}

Snapshot StreamEntry::snapshot_locked() const {
  Snapshot snapshot;
  snapshot.exists = durable_exists;
  snapshot.closed = durable_closed;
  snapshot.stream_id = admitted.stream_id;
  snapshot.tail = durable_tail();
  snapshot.earliest = admitted.earliest;
  snapshot.active_ms = admitted.active_ms;
  return snapshot;
}

}  // namespace durable_streams::storage
