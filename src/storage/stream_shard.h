// A part of the index: some of the paths, the streams there, and the mutex that
// guards them all.
//
// A path's slot holds its newest stream in admitted order. One that it replaced
// is kept beside it until the newer one is durable: readers see it till then.
//
// Threads: all methods while `mutex` is held.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

#include "storage/recent_bytes.h"
#include "storage/stream_entry.h"
#include "storage/tail_history.h"

namespace durable_streams::storage {

// What few streams have at one time, kept beside them.
struct RareState {
  // Reads before it: 410.
  uint64_t earliest_position = 0;

  // Bit n: listener n watches.
  uint64_t listeners = 0;

  std::unique_ptr<RecentBytes> recent;  // While somebody watches.

  bool is_plain() const {
    return earliest_position == 0 && listeners == 0 && recent == nullptr;
  }
};

class StreamShard {
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

  // Forgets all; nobody else may know of any.
  void clear();
  void reserve(size_t streams) { newest_.reserve(streams); }
  void for_each(const std::function<void(StreamEntry&)>& visit) const;

  // Calls `visit` for up to `count` of the newest streams, in no special order,
  // from behind `last` on (null, or no longer here: from the first). Returns the
  // last that it was called for, null at the end.
  EntryPtr visit_after(const EntryPtr& last, size_t count,
                       const std::function<void(StreamEntry&)>& visit) const;

  // A walk over the newest streams and those that they replace, in slices: none is
  // missed that is there all the while.
  struct LifeWalk {
    EntryPtr last;
    uint64_t order = 0;
    bool done = false;
  };
  // Calls `visit` for the next `count`, about; for one again where others came or
  // went since the last call.
  void visit_lives(LifeWalk& walk, size_t count,
                   const std::function<void(StreamEntry&)>& visit) const;

  // Null: it has none. Valid until the next change of any stream's.
  RareState* find_rare(const StreamEntry& entry);
  const RareState* find_rare(const StreamEntry& entry) const {
    return const_cast<StreamShard*>(this)->find_rare(entry);
  }
  // As above, but made if there is none.
  RareState& make_rare(StreamEntry& entry);
  // Before the entry ends, or when its state may have become plain.
  void drop_rare(StreamEntry& entry);
  void drop_plain_rare(StreamEntry& entry);

  // Where its streams ended a moment ago.
  TailHistory tail_history;

  mutable std::mutex mutex;

 private:
  friend class StreamTable;
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view path) const;
    size_t operator()(const EntryPtr& entry) const { return (*this)(entry->path()); }
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
  uint64_t order_ = 0;  // Changes when the order in which they lie there may.
  boost::unordered_flat_map<const StreamEntry*, EntryPtr> replaced_;  // Newer → older.
  boost::unordered_flat_map<const StreamEntry*, RareState> rare_;
};

}  // namespace durable_streams::storage
