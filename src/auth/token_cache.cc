#include "auth/token_cache.h"

#include <algorithm>
#include <utility>

namespace durable_streams::auth {

TokenCache::TokenCache(size_t tokens_max)
    : young_max_(std::max<size_t>(1, tokens_max / shard_count / 2)) {}

std::shared_ptr<const TokenClaims> TokenCache::find(std::string_view token,
                                                    int64_t wall_ms) {
  Shard& shard = shard_of(token);
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.young.find(token); found != shard.young.end()) {
    if (wall_ms < found->second->expires_at_ms) return found->second;
    shard.young.erase(found);
    return nullptr;
  }
  const auto found = shard.old.find(token);
  if (found == shard.old.end()) return nullptr;
  std::shared_ptr<const TokenClaims> claims = std::move(found->second);
  shard.old.erase(found);
  if (wall_ms >= claims->expires_at_ms) return nullptr;
  insert(shard, token, claims);
  return claims;
}

void TokenCache::put(std::string_view token,
                     std::shared_ptr<const TokenClaims> claims) {
  Shard& shard = shard_of(token);
  const std::lock_guard lock(shard.mutex);
  insert(shard, token, std::move(claims));
}

void TokenCache::insert(Shard& shard, std::string_view token,
                        std::shared_ptr<const TokenClaims> claims) const {
  if (shard.young.size() >= young_max_) {
    shard.old = std::move(shard.young);
    shard.young = Map();
  }
  shard.young.insert_or_assign(std::string(token), std::move(claims));
}

size_t TokenCache::size() const {
  size_t size = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    size += shard.young.size() + shard.old.size();
  }
  return size;
}

}  // namespace durable_streams::auth
