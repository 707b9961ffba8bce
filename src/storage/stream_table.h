// The index: path → stream, in shards with a mutex each.
//
// A shard's mutex guards its part of the map and every stream in it, so a
// decision and what follows from it are one step. There are enough shards that
// threads seldom meet, and that a shard's growth moves a few thousand pointers,
// not a million.
//
// Threads: any.
#pragma once

#include <array>
#include <functional>
#include <string_view>

#include "storage/stream_shard.h"

namespace durable_streams::storage {

class StreamTable {
 public:
  static constexpr size_t shard_count = 256;
  static size_t index_of(std::string_view path);
  StreamShard& shard(size_t index) { return shards_[index]; }

  StreamShard& shard_of(std::string_view path) { return shards_[index_of(path)]; }
  const StreamShard& shard_of(std::string_view path) const {
    return const_cast<StreamTable*>(this)->shard_of(path);
  }

  // Calls `visit` for every stream that readers may see or come to see, those that
  // are being replaced included, under its shard's mutex: for a few streams of a
  // shard at a time, so that nobody waits for the whole walk. Streams that come or go
  // meanwhile may be missed; one may be met more than once.
  void for_each_life(const std::function<void(StreamEntry&)>& visit);

  // Forgets all streams. Nobody else may know of any.
  void clear();

 private:
  std::array<StreamShard, shard_count> shards_;
};

}  // namespace durable_streams::storage
