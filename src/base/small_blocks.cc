#include "base/small_blocks.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/assert.h"

namespace durable_streams {
namespace {

// Address space is taken in pieces of this many slabs.
constexpr size_t mapping_slabs = 64;

void* map(size_t bytes) {
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return memory;
}

constexpr size_t mapping_bytes(size_t slab_bytes) {
  // One more, because mappings begin at pages only.
  return (mapping_slabs + 1) * slab_bytes;
}

}  // namespace

// The head of a slab, which begins at a multiple of slab_bytes.
struct SmallBlockPool::Slab {
  explicit Slab(size_t bytes) : block_bytes(static_cast<uint32_t>(bytes)) {}

  static Slab* of(void* block) {
    return reinterpret_cast<Slab*>(reinterpret_cast<uintptr_t>(block) &
                                   ~(slab_bytes - 1));
  }
  bool is_full() const {
    return released == nullptr && untouched + block_bytes > slab_bytes;
  }
  void* take() {
    ++used;
    if (released != nullptr) {
      void* const block = released;
      std::memcpy(&released, block, sizeof released);
      return block;
    }
    void* const block = reinterpret_cast<char*>(this) + untouched;
    untouched += block_bytes;
    return block;
  }
  void put(void* block) {
    --used;
    std::memcpy(block, &released, sizeof released);
    released = block;
  }
  // At its end: slabs that were there before are filled first.
  void join(Slab*& ring) {
    if (ring == nullptr) {
      ring = next = previous = this;
      return;
    }
    next = ring;
    previous = ring->previous;
    next->previous = previous->next = this;
  }
  void leave(Slab*& ring) {
    if (ring == this) ring = next == this ? nullptr : next;
    previous->next = next;
    next->previous = previous;
  }

  const uint32_t block_bytes;
  uint32_t used = 0;
  uint32_t untouched = sizeof(Slab);  // Blocks from here on were never used.
  void* released = nullptr;           // A chain of the others that are free.
  Slab* next = nullptr;               // In the ring of slabs with room.
  Slab* previous = nullptr;
};

SmallBlockPool::~SmallBlockPool() {
  for (void* const mapping : mappings_)
    ::munmap(mapping, mapping_bytes(slab_bytes));
}

void* SmallBlockPool::allocate(size_t bytes) {
  DS_ASSERT(bytes > 0 && bytes <= block_bytes_max);
  const size_t index = (bytes - 1) / granularity;
  SizeClass& size = classes_[index];
  const std::lock_guard lock(size.mutex);
  if (size.with_room == nullptr)
    make_slab((index + 1) * granularity)->join(size.with_room);
  Slab* const slab = size.with_room;
  void* const block = slab->take();
  if (slab->is_full()) slab->leave(size.with_room);
  return block;
}

void SmallBlockPool::release(void* block) noexcept {
  if (block == nullptr) return;
  Slab* const slab = Slab::of(block);
  SizeClass& size = classes_[slab->block_bytes / granularity - 1];
  const std::lock_guard lock(size.mutex);
  if (slab->is_full()) slab->join(size.with_room);
  slab->put(block);
  // The last one with room is kept: the next block may come at once.
  if (slab->used > 0 || slab->next == slab) return;
  slab->leave(size.with_room);
  give_back(slab);
}

void* SmallBlockPool::resize(void* block, size_t old_bytes, size_t bytes) {
  if (block != nullptr && Slab::of(block)->block_bytes / granularity ==
                              (bytes + granularity - 1) / granularity) {
    return block;
  }
  void* const resized = allocate(bytes);
  if (block != nullptr) std::memcpy(resized, block, std::min(old_bytes, bytes));
  release(block);
  return resized;
}

SmallBlockPool::Slab* SmallBlockPool::make_slab(size_t block_bytes) {
  return new (take_space()) Slab(block_bytes);
}

void* SmallBlockPool::take_space() {
  const std::lock_guard lock(mutex_);
  void* space = nullptr;
  if (!unused_.empty()) {
    space = unused_.back();
    unused_.pop_back();
  } else {
    if (fresh_ == fresh_end_) {
      mappings_.reserve(mappings_.size() + 1);
      unused_.reserve((mappings_.size() + 1) *
                      mapping_slabs);  // give_back() can't fail.
      mappings_.push_back(map(mapping_bytes(slab_bytes)));
      const auto begin = reinterpret_cast<uintptr_t>(mappings_.back());
      const size_t skipped = (slab_bytes - begin % slab_bytes) % slab_bytes;
      fresh_ = static_cast<char*>(mappings_.back()) + skipped;
      fresh_end_ = fresh_ + mapping_slabs * slab_bytes;
    }
    space = fresh_;
    fresh_ += slab_bytes;
  }
  ++slabs_;
  return space;
}

void SmallBlockPool::give_back(Slab* slab) {
  ::madvise(slab, slab_bytes, MADV_DONTNEED);
  const std::lock_guard lock(mutex_);
  unused_.push_back(slab);
  --slabs_;
}

size_t SmallBlockPool::slabs() const {
  const std::lock_guard lock(mutex_);
  return slabs_;
}

#ifdef __SANITIZE_ADDRESS__

void* allocate_small(size_t bytes) {
  return ::operator new(bytes);
}
void release_small(void* block) noexcept {
  ::operator delete(block);
}
void* resize_small(void* block, size_t old_bytes, size_t bytes) {
  void* const resized = ::operator new(bytes);
  if (block != nullptr) std::memcpy(resized, block, std::min(old_bytes, bytes));
  ::operator delete(block);
  return resized;
}

#else

namespace {

// Never destroyed: streams may outlive the end of main().
SmallBlockPool& process_pool() {
  static SmallBlockPool& pool = *new SmallBlockPool;
  return pool;
}

}  // namespace

void* allocate_small(size_t bytes) {
  return process_pool().allocate(bytes);
}
void release_small(void* block) noexcept {
  process_pool().release(block);
}
void* resize_small(void* block, size_t old_bytes, size_t bytes) {
  return process_pool().resize(block, old_bytes, bytes);
}

#endif

}  // namespace durable_streams
