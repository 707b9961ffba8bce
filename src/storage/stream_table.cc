#include "storage/stream_table.h"

namespace durable_streams::storage {

StreamShard& StreamTable::shard_of(std::string_view path) {
  // The map inside a shard uses the hash's low and high bits; take others.
  return shards_[(StreamShard::Hash{}(path) >> 24) % shard_count];
}

void StreamTable::for_each(const std::function<void(const EntryPtr&)>& visit) {
  for (StreamShard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const EntryPtr& entry : shard.newest_)
      visit(entry);
  }
}

void StreamTable::for_each_life(const std::function<void(StreamEntry&)>& visit) {
  for (StreamShard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const EntryPtr& entry : shard.newest_)
      visit(*entry);
    for (const auto& [newer, entry] : shard.replaced_)
      visit(*entry);
  }
}

}  // namespace durable_streams::storage
