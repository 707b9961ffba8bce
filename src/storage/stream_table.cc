#include "storage/stream_table.h"

#include <utility>

namespace durable_streams::storage {

size_t StreamTable::hash_path(std::string_view path) {
  return std::hash<std::string_view>{}(path);
}

StreamTable::Shard& StreamTable::shard_of(std::string_view path) {
  // The map inside a shard uses the hash's low and high bits; take others.
  return shards_[(hash_path(path) >> 24) % shard_count];
}

void StreamTable::for_each(const std::function<void(const EntryPtr&)>& visit) {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const EntryPtr& entry : shard.newest_)
      visit(entry);
  }
}

EntryPtr StreamTable::Shard::newest(std::string_view path) const {
  const auto found = newest_.find(path);
  return found == newest_.end() ? nullptr : *found;
}

EntryPtr StreamTable::Shard::durable(std::string_view path) const {
  EntryPtr entry = newest(path);
  while (entry && !entry->durable_exists) {
    const auto older = replaced_.find(entry.get());
    entry = older == replaced_.end() ? nullptr : older->second;
  }
  return entry;
}

void StreamTable::Shard::put(EntryPtr entry) {
  const auto found = newest_.find(entry->path());
  if (found != newest_.end()) {
    replaced_.emplace(entry.get(), *found);
    newest_.erase(found);
  }
  newest_.insert(std::move(entry));
}

EntryPtr StreamTable::Shard::take_replaced(const StreamEntry& entry) {
  const auto found = replaced_.find(&entry);
  if (found == replaced_.end()) return nullptr;
  EntryPtr older = std::move(found->second);
  replaced_.erase(found);
  return older;
}

void StreamTable::Shard::erase(const StreamEntry& entry) {
  const auto found = newest_.find(entry.path());
  if (found != newest_.end() && found->get() == &entry) newest_.erase(found);
}

}  // namespace durable_streams::storage
