#include "storage/stream_table.h"

namespace durable_streams::storage {

size_t StreamTable::index_of(std::string_view path) {
  // The map inside a shard uses the hash's low and high bits; take others.
  return (StreamShard::Hash{}(path) >> 24) % shard_count;
}

void StreamTable::clear() {
  for (StreamShard& shard : shards_)
    shard.clear();
}

void StreamTable::for_each_life(const std::function<void(StreamEntry&)>& visit) {
  constexpr size_t slice = 256;
  // Slices of one shard are far apart: whoever waits for its mutex has his turn.
  std::array<StreamShard::LifeWalk, shard_count> walks;
  for (size_t left = shard_count; left > 0;) {
    for (size_t i = 0; i < shard_count; ++i) {
      if (walks[i].done) continue;
      const std::lock_guard lock(shards_[i].mutex);
      shards_[i].visit_lives(walks[i], slice, visit);
      if (walks[i].done) --left;
    }
  }
}

}  // namespace durable_streams::storage
