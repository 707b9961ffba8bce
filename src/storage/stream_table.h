// The index: path → stream, in shards with a mutex each.
//
// A shard's mutex guards its part of the map and every stream in it, so a
// decision and what follows from it are one step. There are enough shards that
// threads seldom meet, and that a shard's growth moves a few thousand pointers,
// not a million.
//
// A path's slot holds its newest stream in admitted order. One that it replaced
// is kept beside it until the newer one is durable: readers see it till then.
//
// Threads: shard_of() and for_each() from any; a Shard's methods while its mutex
// is held.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <functional>
#include <mutex>
#include <string_view>

#include "storage/stream_entry.h"
#include "storage/tail_history.h"

namespace durable_streams::storage {

class StreamTable {
 public:
  class Shard {
   public:
    // The newest stream at `path`, or null.
    EntryPtr newest(std::string_view path) const;

    // The stream at `path` that readers see, or null.
    EntryPtr durable(std::string_view path) const;

    // Makes `entry` the newest at its path.
    void put(EntryPtr entry);

    // The stream that `entry` replaced, once: it is forgotten here.
    EntryPtr take_replaced(const StreamEntry& entry);

    // `entry` is gone for good: frees its slot, if it is the newest there.
    void erase(const StreamEntry& entry);

    // Where its streams ended a moment ago.
    TailHistory tail_history;

    mutable std::mutex mutex;

   private:
    friend class StreamTable;
    struct Hash {
      using is_transparent = void;
      size_t operator()(std::string_view path) const { return hash_path(path); }
      size_t operator()(const EntryPtr& entry) const {
        return hash_path(entry->path());
      }
    };
    struct Equal {
      using is_transparent = void;
      static std::string_view path(const EntryPtr& entry) { return entry->path(); }
      static std::string_view path(std::string_view text) { return text; }
      template <class One, class Other>
      bool operator()(const One& one, const Other& other) const {
        return path(one) == path(other);
      }
    };

    boost::unordered_flat_set<EntryPtr, Hash, Equal> newest_;
    boost::unordered_flat_map<const StreamEntry*, EntryPtr>
        replaced_;  // Newer → older.
  };

  Shard& shard_of(std::string_view path);
  const Shard& shard_of(std::string_view path) const {
    return const_cast<StreamTable*>(this)->shard_of(path);
  }

  // Calls `visit` for the newest stream of each path, under its shard's mutex.
  void for_each(const std::function<void(const EntryPtr&)>& visit);

 private:
  static constexpr size_t shard_count = 256;

  static size_t hash_path(std::string_view path);

  std::array<Shard, shard_count> shards_;
};

}  // namespace durable_streams::storage
