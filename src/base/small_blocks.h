// Memory for blocks of a few hundred bytes that are kept by the million.
//
// malloc adds 8 bytes to a block, rounds up to 16 with 32 at the least, and keeps
// the holes between blocks of other sizes. Here a block costs its size rounded up
// to 8 bytes. Blocks of one size share slabs of 64 KiB; a slab without blocks goes
// back to the system.
//
// Threads: any. A size has a mutex, held for some instructions, and for one system
// call where a slab comes or goes.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <vector>

namespace durable_streams {

class SmallBlockPool {
 public:
  static constexpr size_t block_bytes_max = 5 * 1024;
  static constexpr size_t slab_bytes = 64 * 1024;

  SmallBlockPool() = default;
  // Ends all blocks that are left.
  ~SmallBlockPool();
  SmallBlockPool(const SmallBlockPool&) = delete;
  SmallBlockPool& operator=(const SmallBlockPool&) = delete;

  // A block of `bytes`, which is > 0 and <= block_bytes_max (asserted); aligned to 8
  // bytes. Throws std::bad_alloc.
  [[nodiscard]] void* allocate(size_t bytes);

  // Null is fine.
  void release(void* block) noexcept;

  // A block of `bytes` that begins with what `block`, of `old_bytes`, began with;
  // that one is released unless it is the same. Throws as allocate() does, then
  // nothing has changed.
  [[nodiscard]] void* resize(void* block, size_t old_bytes, size_t bytes);

  // Slabs that have blocks, or are kept for the next one.
  size_t slabs() const;

 private:
  static constexpr size_t granularity = 8;

  struct Slab;
  struct SizeClass {
    std::mutex mutex;           // Guards its slabs too.
    Slab* with_room = nullptr;  // A ring.
  };

  Slab* make_slab(size_t block_bytes);
  void* take_space();
  void give_back(Slab* slab);

  std::array<SizeClass, block_bytes_max / granularity> classes_;

  mutable std::mutex mutex_;  // Guards what follows; taken last.
  std::vector<void*> mappings_;
  std::vector<void*> unused_;  // Given back, without memory.
  char* fresh_ = nullptr;      // The rest of the newest mapping.
  char* fresh_end_ = nullptr;
  size_t slabs_ = 0;
};

// From one pool of the whole process; of malloc's under address sanitizer, which
// knows malloc's blocks.
[[nodiscard]] void* allocate_small(size_t bytes);
void release_small(void* block) noexcept;
[[nodiscard]] void* resize_small(void* block, size_t old_bytes, size_t bytes);

}  // namespace durable_streams
