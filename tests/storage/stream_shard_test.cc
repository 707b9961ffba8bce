#include "storage/stream_shard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "testing/random.h"

namespace durable_streams::storage {
namespace {

struct NoDetails {};
using PlainEntry = EntryWith<NoDetails>;

EntryPtr put(StreamShard& shard, const std::string& path) {
  static uint64_t newest_id = 0;
  EntryPtr entry = PlainEntry::make(shard, path, ++newest_id,
                                    protocol::share_config(protocol::StreamConfig{}));
  shard.put(entry);
  return entry;
}

void go_on(const StreamShard& shard, StreamShard::LifeWalk& walk, size_t count,
           std::vector<EntryPtr>& met) {
  shard.visit_lives(walk, count, [&](StreamEntry& entry) { met.emplace_back(&entry); });
}

bool contains(const std::vector<EntryPtr>& entries, const EntryPtr& entry) {
  return std::find(entries.begin(), entries.end(), entry) != entries.end();
}

TEST(LifeWalk, MeetsEachOnceWhileNothingChanges) {
  StreamShard shard;
  for (int i = 0; i < 100; ++i)
    put(shard, std::to_string(i));
  StreamShard::LifeWalk walk;
  std::vector<EntryPtr> met;
  size_t slices = 0;
  for (; !walk.done; ++slices)
    go_on(shard, walk, 10, met);
  EXPECT_EQ(met.size(), 100u);
  EXPECT_EQ(slices, 10u);
}

TEST(LifeWalk, MeetsThoseThatAreBeingReplaced) {
  StreamShard shard;
  const EntryPtr older = put(shard, "a");
  const EntryPtr newer = put(shard, "a");
  StreamShard::LifeWalk walk;
  std::vector<EntryPtr> met;
  while (!walk.done)
    go_on(shard, walk, 1, met);
  EXPECT_TRUE(contains(met, older));
  EXPECT_TRUE(contains(met, newer));
}

// Between slices the table grows, and streams end and are replaced: often the one
// that the walk has come to.
TEST(LifeWalk, MissesNobodyWhoIsThereAllTheWhile) {
  testing::Random random;
  for (int round = 0; round < 300; ++round) {
    StreamShard shard;
    std::vector<EntryPtr> there;
    const size_t streams = 20 + random.below(300);
    for (size_t i = 0; i < streams; ++i)
      there.push_back(put(shard, std::to_string(i)));
    StreamShard::LifeWalk walk;
    std::vector<EntryPtr> met;
    for (size_t slices = 0; !walk.done; ++slices) {
      go_on(shard, walk, 1 + random.below(20), met);
      if (slices > 100) continue;
      for (size_t i = random.below(30); i > 0; --i)
        put(shard, "late " + std::to_string(random.bits()));
      const EntryPtr one =
          walk.last && random.one_in(2) ? walk.last : there[random.below(there.size())];
      if (random.one_in(2)) {
        put(shard, std::string(one->path()));
      } else if (shard.newest(one->path()) == one) {
        shard.erase(*one);
        std::erase(there, one);
      }
    }
    for (const EntryPtr& one : there)
      ASSERT_TRUE(contains(met, one)) << one->path() << " of " << streams;
  }
}

// The newer one may lie far from the older: the table fills gaps that others left.
TEST(LifeWalk, BearsThatTheStreamItStandsAtIsReplaced) {
  testing::Random random;
  for (int round = 0; round < 3000; ++round) {
    StreamShard shard;
    std::vector<EntryPtr> there;
    for (size_t i = 0; i < 26; ++i)  // As many as fit before it grows.
      there.push_back(put(shard, std::to_string(random.bits())));
    StreamShard::LifeWalk walk;
    std::vector<EntryPtr> met;
    go_on(shard, walk, 1 + random.below(5), met);
    const EntryPtr gone = there[random.below(there.size())];
    if (gone == walk.last) continue;
    shard.erase(*gone);
    std::erase(there, gone);
    put(shard, std::string(walk.last->path()));
    while (!walk.done)
      go_on(shard, walk, 50, met);
    for (const EntryPtr& one : there)
      ASSERT_TRUE(contains(met, one)) << "in round " << round;
  }
}

}  // namespace
}  // namespace durable_streams::storage
