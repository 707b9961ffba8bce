#include "auth/token_cache.h"

#include <gtest/gtest.h>

#include <thread>

namespace durable_streams::auth {
namespace {

std::shared_ptr<const TokenClaims> claims_until(int64_t expires_at_ms) {
  TokenClaims claims;
  claims.expires_at_ms = expires_at_ms;
  return std::make_shared<const TokenClaims>(claims);
}

TEST(TokenCache, FindsTheSameTokenAlone) {
  TokenCache cache(1000);
  const auto claims = claims_until(100);
  cache.put("a.b.c", claims);
  EXPECT_EQ(cache.find("a.b.c", 0), claims);
  EXPECT_EQ(cache.find("a.b.d", 0), nullptr);
  EXPECT_EQ(cache.find("a.b.", 0), nullptr);
  EXPECT_EQ(cache.find("", 0), nullptr);
}

TEST(TokenCache, ForgetsAtExpiry) {
  TokenCache cache(1000);
  cache.put("token", claims_until(100));
  EXPECT_NE(cache.find("token", 99), nullptr);
  EXPECT_EQ(cache.find("token", 100), nullptr);
  EXPECT_EQ(cache.size(), 0u);
}

TEST(TokenCache, IsBound) {
  TokenCache cache(320);
  for (int i = 0; i < 10'000; ++i)
    cache.put(std::to_string(i), claims_until(100));
  EXPECT_LE(cache.size(), 320u);
  EXPECT_GE(cache.size(), 100u);
}

TEST(TokenCache, KeepsWhatIsAskedFor) {
  TokenCache cache(320);
  const auto used = claims_until(100);
  cache.put("used", used);
  for (int i = 0; i < 10'000; ++i) {
    cache.put(std::to_string(i), claims_until(100));
    ASSERT_EQ(cache.find("used", 0), used) << i;
  }
}

TEST(TokenCache, ExpiresInTheOldGenerationToo) {
  TokenCache cache(1);  // One young token a shard.
  for (int i = 0; i < 100; ++i)
    cache.put(std::to_string(i), claims_until(100));
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(cache.find(std::to_string(i), 100), nullptr);
  EXPECT_EQ(cache.size(), 0u);
}

TEST(TokenCache, MayBeUsedFromManyThreads) {
  TokenCache cache(64);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&cache, thread] {
      for (int i = 0; i < 5000; ++i) {
        const std::string token = std::to_string((i * 7 + thread) % 200);
        if (cache.find(token, 0) == nullptr) cache.put(token, claims_until(100));
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_LE(cache.size(), 64u);
}

}  // namespace
}  // namespace durable_streams::auth
