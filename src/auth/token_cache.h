// Remembers tokens that were checked, because a page reconnects with the same
// one and a check costs 45 µs.
//
// Bounded: two generations; when the young one is full it becomes the old one,
// and what was old and not asked for since is dropped. Only tokens with a good
// signature get in, so nobody without a key can push others out.
// Threads: any.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "auth/permissions.h"

namespace durable_streams::auth {

class TokenCache {
 public:
  // At most about `tokens_max` are kept.
  explicit TokenCache(size_t tokens_max);

  // Null if `token`, byte for byte, is not remembered or expired at `wall_ms`.
  std::shared_ptr<const TokenClaims> find(std::string_view token, int64_t wall_ms);

  void put(std::string_view token, std::shared_ptr<const TokenClaims> claims);

  size_t size() const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Map = std::unordered_map<std::string, std::shared_ptr<const TokenClaims>, Hash,
                                 std::equal_to<>>;

  // One lock each, so that I/O threads seldom meet.
  struct Shard {
    mutable std::mutex mutex;
    Map young;
    Map old;
  };
  static constexpr size_t shard_count = 16;

  Shard& shard_of(std::string_view token) {
    return shards_[Hash{}(token) % shard_count];
  }
  void insert(Shard& shard, std::string_view token,
              std::shared_ptr<const TokenClaims> claims) const;

  const size_t young_max_;
  std::array<Shard, shard_count> shards_;
};

}  // namespace durable_streams::auth
