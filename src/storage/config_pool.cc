#include "storage/config_pool.h"

#include <functional>
#include <string_view>
#include <utility>

namespace durable_streams::storage {

size_t ConfigPool::Hash::operator()(const protocol::ConfigPtr& config) const {
  const size_t type = std::hash<std::string_view>{}(config->content_type);
  return type ^ std::hash<uint64_t>{}(config->ttl_seconds.value_or(UINT64_MAX));
}

protocol::ConfigPtr ConfigPool::intern(protocol::ConfigPtr config) {
  if (config->expires_at_ms) return config;
  const std::lock_guard lock(mutex_);
  if (const auto known = known_.find(config); known != known_.end()) return *known;
  if (known_.size() >= configs_max) {
    boost::unordered::erase_if(known_,
                               [](const auto& one) { return one->use_count() == 1; });
  }
  if (known_.size() < configs_max) known_.insert(config);
  return config;
}

}  // namespace durable_streams::storage
