#include "storage/stream_shard.h"

#include <functional>
#include <iterator>
#include <utility>

namespace durable_streams::storage {

size_t StreamShard::Hash::operator()(std::string_view path) const {
  return std::hash<std::string_view>{}(path);
}

EntryPtr StreamShard::newest(std::string_view path) const {
  const auto found = newest_.find(path);
  return found == newest_.end() ? nullptr : *found;
}

EntryPtr StreamShard::durable(std::string_view path) const {
  EntryPtr entry = newest(path);
  while (entry && !entry->durable_exists) {
    const auto older = replaced_.find(entry.get());
    entry = older == replaced_.end() ? nullptr : older->second;
  }
  return entry;
}

void StreamShard::put(EntryPtr entry) {
  const auto found = newest_.find(entry->path());
  if (found != newest_.end()) {
    replaced_.emplace(entry.get(), *found);
    newest_.erase(found);
  }
  if (newest_.size() >= newest_.max_load()) ++order_;  // It grows.
  newest_.insert(std::move(entry));
}

EntryPtr StreamShard::take_replaced(const StreamEntry& entry) {
  const auto found = replaced_.find(&entry);
  if (found == replaced_.end()) return nullptr;
  EntryPtr older = std::move(found->second);
  replaced_.erase(found);
  return older;
}

void StreamShard::erase(const StreamEntry& entry) {
  const auto found = newest_.find(entry.path());
  if (found != newest_.end() && found->get() == &entry) newest_.erase(found);
}

void StreamShard::clear() {
  rare_.clear();
  replaced_.clear();
  newest_.clear();
}

void StreamShard::for_each(const std::function<void(StreamEntry&)>& visit) const {
  for (const EntryPtr& entry : newest_)
    visit(*entry);
}

EntryPtr StreamShard::visit_after(
    const EntryPtr& last, size_t count,
    const std::function<void(StreamEntry&)>& visit) const {
  auto at = newest_.begin();
  if (last) {
    const auto found = newest_.find(last);
    if (found != newest_.end()) at = std::next(found);
  }
  const EntryPtr* visited = nullptr;
  for (; at != newest_.end() && count > 0; ++at, --count) {
    visited = &*at;
    visit(**at);
  }
  return at == newest_.end() ? nullptr : *visited;
}

void StreamShard::visit_lives(LifeWalk& walk, size_t count,
                              const std::function<void(StreamEntry&)>& visit) const {
  if (walk.order != order_ || (walk.last && newest(walk.last->path()) != walk.last))
    walk.last = nullptr;
  walk.order = order_;
  walk.last = visit_after(walk.last, count, visit);
  if (walk.last) return;
  // One that was replaced meanwhile is here by now.
  for (const auto& [newer, entry] : replaced_)
    visit(*entry);
  walk.done = true;
}

RareState* StreamShard::find_rare(const StreamEntry& entry) {
  return entry.has_rare_state ? &rare_.find(&entry)->second : nullptr;
}

RareState& StreamShard::make_rare(StreamEntry& entry) {
  entry.has_rare_state = true;
  return rare_[&entry];
}

void StreamShard::drop_rare(StreamEntry& entry) {
  if (!entry.has_rare_state) return;
  entry.has_rare_state = false;
  rare_.erase(&entry);
}

void StreamShard::drop_plain_rare(StreamEntry& entry) {
  const RareState* const rare = find_rare(entry);
  if (rare != nullptr && rare->is_plain()) drop_rare(entry);
}

}  // namespace durable_streams::storage
