#include "base/small_blocks.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "testing/random.h"

namespace durable_streams {
namespace {

constexpr size_t blocks_of_1000_in_a_slab = 65;

std::vector<void*> allocate(SmallBlockPool& pool, size_t count, size_t bytes) {
  std::vector<void*> blocks;
  for (size_t i = 0; i < count; ++i)
    blocks.push_back(pool.allocate(bytes));
  return blocks;
}

TEST(SmallBlockPool, GivesAlignedBlocksThatDoNotMeet) {
  SmallBlockPool pool;
  std::map<uintptr_t, size_t> ends;
  for (size_t bytes = 1; bytes <= SmallBlockPool::block_bytes_max; bytes += 3) {
    void* const block = pool.allocate(bytes);
    std::memset(block, 0xff, bytes);
    const auto begin = reinterpret_cast<uintptr_t>(block);
    EXPECT_EQ(begin % 8, 0u);
    ends[begin] = bytes;
  }
  uintptr_t free_from = 0;
  for (const auto& [begin, bytes] : ends) {
    ASSERT_GE(begin, free_from);
    free_from = begin + bytes;
  }
}

TEST(SmallBlockPool, PacksBlocksOfOneSize) {
  SmallBlockPool pool;
  (void)allocate(pool, blocks_of_1000_in_a_slab, 1000);
  EXPECT_EQ(pool.slabs(), 1u);
  (void)pool.allocate(994);
  EXPECT_EQ(pool.slabs(), 2u) << "one slab was full";
  (void)pool.allocate(992);
  EXPECT_EQ(pool.slabs(), 3u) << "another size, rounded up to 8";
}

TEST(SmallBlockPool, UsesReleasedBlocksAgain) {
  SmallBlockPool pool;
  const std::vector<void*> blocks = allocate(pool, 2 * blocks_of_1000_in_a_slab, 1000);
  pool.release(blocks[3]);
  pool.release(blocks[100]);
  const std::vector<void*> again = allocate(pool, 2, 1000);
  EXPECT_EQ(std::set<void*>(again.begin(), again.end()),
            (std::set<void*>{blocks[3], blocks[100]}));
  EXPECT_EQ(pool.slabs(), 2u);
}

TEST(SmallBlockPool, GivesSlabsWithoutBlocksBack) {
  SmallBlockPool pool;
  for (int round = 0; round < 3; ++round) {
    for (void* const block : allocate(pool, 10 * blocks_of_1000_in_a_slab, 1000))
      pool.release(block);
    EXPECT_EQ(pool.slabs(), 1u) << "kept for the next block";
  }
}

TEST(SmallBlockPool, KeepsWhatIsInABlockThatIsResized) {
  SmallBlockPool pool;
  char* block = static_cast<char*>(pool.resize(nullptr, 0, 13));
  std::memcpy(block, "thirteen byte", 13);
  EXPECT_EQ(pool.resize(block, 13, 16), block) << "there is room";
  block = static_cast<char*>(pool.resize(block, 13, 17));
  EXPECT_EQ(std::string(block, 13), "thirteen byte");
  block = static_cast<char*>(pool.resize(block, 17, 8));
  EXPECT_EQ(std::string(block, 8), "thirteen");
  pool.release(block);
  pool.release(nullptr);
}

// Blocks come and go in any order, from several threads; each keeps its content.
TEST(SmallBlockPool, ServesThreads) {
  SmallBlockPool pool;
  const uint64_t seed = testing::Random().bits();
  const auto work = [&](uint64_t thread) {
    std::mt19937_64 random(seed + thread);
    std::vector<std::pair<char*, size_t>> blocks;
    for (int i = 0; i < 20'000; ++i) {
      if (blocks.size() < 500 && random() % 100 < 60) {
        const size_t bytes = 1 + random() % 300;
        char* const block = static_cast<char*>(pool.allocate(bytes));
        std::memset(block, static_cast<char>(thread + bytes), bytes);
        blocks.emplace_back(block, bytes);
      } else if (!blocks.empty()) {
        std::swap(blocks[random() % blocks.size()], blocks.back());
        const auto [block, bytes] = blocks.back();
        blocks.pop_back();
        ASSERT_EQ(std::string(block, bytes),
                  std::string(bytes, static_cast<char>(thread + bytes)));
        pool.release(block);
      }
    }
    for (const auto& [block, bytes] : blocks)
      pool.release(block);
  };
  std::vector<std::thread> threads;
  for (uint64_t thread = 1; thread <= 4; ++thread)
    threads.emplace_back(work, thread);
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_LE(pool.slabs(), 300u / 8 + 1);
}

}  // namespace
}  // namespace durable_streams
