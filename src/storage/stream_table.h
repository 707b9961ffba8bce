// The index: path → stream, in shards with a mutex each.
//
// A shard's mutex guards its part of the map and every stream in it, so a
// decision and what follows from it are one step. There are enough shards that
// threads seldom meet, and that a shard's growth moves a few thousand pointers,
// not a million.
//
// Threads: shard_of() and for_each() from any.
#pragma once

#include <array>
#include <functional>
#include <string_view>

#include "storage/stream_shard.h"

namespace durable_streams::storage {

class StreamTable {
 public:
  StreamShard& shard_of(std::string_view path);
  const StreamShard& shard_of(std::string_view path) const {
    return const_cast<StreamTable*>(this)->shard_of(path);
  }

  // Calls `visit` for the newest stream of each path, under its shard's mutex.
  void for_each(const std::function<void(const EntryPtr&)>& visit);

  // Calls `visit` for every stream that readers may see or come to see, those that
  // are being replaced included, under its shard's mutex: for a few streams of a
  // shard at a time, so that nobody waits for the whole walk. Streams that come or go
  // meanwhile may be missed; one may be met more than once.
  void for_each_life(const std::function<void(StreamEntry&)>& visit);

  static constexpr size_t shard_count = 256;
  StreamShard& shard(size_t index) { return shards_[index]; }

 private:
  std::array<StreamShard, shard_count> shards_;
};

}  // namespace durable_streams::storage
