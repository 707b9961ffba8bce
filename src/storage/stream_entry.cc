#include "storage/stream_entry.h"

#include "base/limits.h"
#include "storage/stream_shard.h"

namespace durable_streams::storage {

static_assert(limits::stream_path_bytes_max <= UINT16_MAX);

StreamEntry::StreamEntry(StreamShard& shard, std::string_view path, uint64_t stream_id,
                         protocol::ConfigPtr config)
    : shard_(shard), path_size_(static_cast<uint16_t>(path.size())) {
  admitted.stream_id = stream_id;
  admitted.config = std::move(config);
}

std::mutex& StreamEntry::shard_mutex() const {
  return shard_.mutex;
}

Snapshot StreamEntry::snapshot() const {
  const std::lock_guard lock(shard_mutex());
  return snapshot_locked();
}

Snapshot StreamEntry::snapshot_locked() const {
  Snapshot snapshot;
  snapshot.exists = durable_exists;
  snapshot.closed = durable_closed;
  snapshot.stream_id = stream_id();
  snapshot.tail = durable_tail();
  snapshot.earliest = {stream_id(), earliest_position()};
  snapshot.active_ms = admitted.active_ms;
  return snapshot;
}

uint64_t StreamEntry::earliest_position() const {
  const RareState* const rare = shard_.find_rare(*this);
  return rare == nullptr ? 0 : rare->earliest_position;
}

}  // namespace durable_streams::storage
