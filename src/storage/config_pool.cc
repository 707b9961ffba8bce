#include "storage/config_pool.h"

#include <boost/unordered/unordered_flat_map.hpp>
#include <utility>

namespace durable_streams::storage {

std::shared_ptr<const protocol::StreamConfig> ConfigPool::intern(
    std::shared_ptr<const protocol::StreamConfig> config) {
  if (config->expires_at_ms) return config;

  // The TTL in front: digits and a space cannot be part of a content type's type.
  std::string text;
  if (config->ttl_seconds) text = std::to_string(*config->ttl_seconds);
  text += ' ';
  text += config->content_type;

  const std::lock_guard lock(mutex_);
  if (const auto known = by_text_.find(text); known != by_text_.end()) {
    if (auto shared = known->second.lock()) return shared;
    known->second = config;
    return config;
  }
  if (by_text_.size() >= configs_max) forget_unused();
  if (by_text_.size() < configs_max) by_text_.emplace(std::move(text), config);
  return config;
}

void ConfigPool::forget_unused() {
  boost::unordered::erase_if(by_text_,
                             [](const auto& entry) { return entry.second.expired(); });
}

}  // namespace durable_streams::storage
