// What streams/ and everything above it know of storage.
//
// An engine keeps streams: it finds them by path, changes each atomically and
// durably, and reads their bytes. It knows nothing of HTTP, and nothing here
// knows of files: `log_engine.h` keeps one log on disk, `memory_engine.h`
// keeps nothing beyond the process, a replicated one can follow
// (docs/decisions/).
//
// Two states. A stream's *admitted* state includes changes that are queued for
// the disk; transact() decides on it. Its *durable* state is what snapshot(),
// read() and listeners show. A change is durable before anybody sees it.
//
// Threads: every method may be called from any thread unless it says otherwise.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/completion_queue.h"
#include "base/result.h"
#include "base/shared_bytes.h"
#include "protocol/stream_state.h"

namespace durable_streams::storage {

// How a transaction ended.
enum class Settlement {
  committed,    // The unit is durable.
  unchanged,    // Nothing was to be changed, and what decide() saw is durable.
  unavailable,  // Nothing happened: the queue or the disk is full (503, 507).
  unknown,      // The write failed after admission: it may be there or not (503).
};

struct Receipt {
  Settlement settlement = Settlement::unavailable;
  bool disk_full = false;  // With unavailable: 507 instead of 503.
  uint64_t stream_id = 0;  // committed, unchanged on a live stream.
  protocol::Offset tail;   // After the unit, or as decide() saw it.
  bool closed = false;     // Likewise.
};

// One decision on one stream, and its answer. Owned by the caller; must stay
// alive until settled() ran, and may delete itself there.
class Transaction : public Completion {
 public:
  enum class Verdict {
    commit,     // Commit unit().
    no_change,  // The answer rests on `state`; wait until that is durable.
  };

  // `home` is where settled() runs.
  explicit Transaction(CompletionQueue& home) : home_(home) {}

  // Decides on the stream's admitted state (null: no such stream). Must have no
  // effect but on *this, and may run any number of times (an optimistic engine
  // loops); runs under the engine's lock: no I/O, no engine calls.
  virtual Verdict decide(const protocol::StreamState* state,
                         const protocol::Moment& now) = 0;

  // The unit to commit, asked for right after decide() said so. The engine may
  // move the payload out of it.
  virtual protocol::Unit& unit() = 0;

  // The end: on home's thread, exactly once, never from inside transact().
  virtual void settled() noexcept = 0;

  CompletionQueue& home() const { return home_; }

  // Set by the engine before settled().
  Receipt receipt;

 protected:
  ~Transaction() = default;

 private:
  void complete() noexcept final { settled(); }

  CompletionQueue& home_;
};

// What readers may know of a stream at one moment: durable state.
struct Snapshot {
  bool exists = false;  // False once deleted or expired.
  bool closed = false;
  uint64_t stream_id = 0;
  protocol::Offset tail;
  protocol::Offset earliest;
  int64_t active_ms = 0;  // Stream time of the last append or read.
};

// A stream that somebody holds on to. Outlives the stream's deletion (then
// snapshot().exists is false). Cheap to copy, safe from any thread.
class OpenStream : public boost::intrusive_ref_counter<OpenStream> {
 public:
  virtual ~OpenStream() = default;

  // The stream's path and configuration never change.
  virtual std::string_view path() const = 0;
  virtual const protocol::StreamConfig& config() const = 0;
  virtual Snapshot snapshot() const = 0;
};
using StreamHandle = boost::intrusive_ptr<OpenStream>;

// One page of a stream's bytes, as stored (json_framing.h).
struct Page {
  std::vector<SharedBytes> chunks;  // Empty at the tail.
  protocol::Offset next;            // Where the next read goes on.
  bool at_tail = false;             // `next` was the durable tail.
  bool closed = false;              // at_tail, and the stream is closed.
  uint64_t stream_id = 0;

  size_t size() const {
    size_t bytes = 0;
    for (const SharedBytes& chunk : chunks)
      bytes += chunk.size();
    return bytes;
  }
};

// Told when the durable state of a watched stream changed: data, closure,
// deletion. A hint: it may be spurious, so look again. On the home that both
// share, who made the change is answered first: there may be many to tell.
class TailListener {
 public:
  // On the listener's home thread. The span is valid during the call.
  virtual void tails_moved(std::span<const StreamHandle> streams) noexcept = 0;

 protected:
  ~TailListener() = default;
};
using ListenerId = uint32_t;

// How far a sweep() has got. Starts at the beginning.
struct SweepPlace {
  size_t shard = 0;
  StreamHandle last;  // Of those that were looked at in the shard.
};

class Engine {
 public:
  virtual ~Engine() = default;

  // Runs `transaction` on the stream at `path`; its settled() follows on its
  // home thread, in the order of commits per stream.
  virtual void transact(std::string_view path, Transaction& transaction) = 0;

  // The stream at `path` whose creation is durable, or null. An expired one is
  // still found: the caller checks is_expired() and runs an expiry transaction.
  virtual StreamHandle find(std::string_view path) const = 0;

  // Up to about `bytes_max` bytes after `from`, at least one message, never
  // part of one. At the tail: an empty page with at_tail.
  //
  // Errors (storage::Errc):
  //   offset_gone     another stream's id, or before the earliest kept byte: 410
  //   offset_invalid  beyond the tail, or inside a message: 400
  //   not_found       deleted meanwhile: 404
  //   corruption      the bytes fail their checksum: 500
  //   system codes    the disk failed: 500
  [[nodiscard]] virtual Result<Page> read(const OpenStream& stream,
                                          protocol::Offset from,
                                          size_t bytes_max) const = 0;

  // A place that nothing admitted at stream time `then_ms` or later lies before:
  // the stream's end as it was then, or somewhat earlier. nullopt: not known
  // (any more). For moments just past; an engine may know of none.
  virtual std::optional<protocol::Offset> tail_at(const OpenStream&,
                                                  int64_t /*then_ms*/) const {
    return std::nullopt;
  }

  // A read has renewed the stream's TTL: kept in memory at once, logged when
  // protocol::needs_renewal() says so. No effect on streams without TTL.
  //
  // True: after a crash now the TTL might count from an earlier time. An answer
  // that is to keep the promise waits until what is queued for the stream is
  // durable: a transaction that changes nothing does.
  virtual bool renew(const OpenStream& stream) = 0;

  // Goes through all streams, a few at a time: looks at up to `count` from
  // `place` on, appends to `ended` those that have expired for good
  // (protocol::may_end()), and moves `place`. True when it has been through; then
  // it begins anew. Those that come or go meanwhile may be missed.
  //
  // Also what makes Moment::settled_wall_ms known, and tells the listeners of
  // streams that have passed their Expires-At: call it every few seconds, from
  // one thread at a time.
  virtual bool sweep(SweepPlace& place, size_t count,
                     std::vector<StreamHandle>& ended) = 0;

  // Listeners are added before the first watch() and live as long as the
  // engine takes changes. At most 64.
  virtual ListenerId add_listener(TailListener& listener, CompletionQueue& home) = 0;

  // From now on `listener` hears of `stream`'s changes; a change that was
  // durable before the call may be missed, so look once after it. Idempotent.
  virtual void watch(const StreamHandle& stream, ListenerId listener) = 0;
  virtual void unwatch(const OpenStream& stream, ListenerId listener) = 0;

  // Between the two, this thread's transactions gather; the engine may start on
  // them only at the end. For whoever has many at once: one start for all of
  // them instead of one for the first and one for the rest. Not nested; short,
  // without waiting for anything in between. An engine may ignore both.
  //
  // `thread_is_idle`: the thread has nothing else at hand. The engine may have it
  // wait for the disk, about as long as two hand-overs between threads take.
  virtual void begin_burst() {}
  virtual void end_burst(bool /*thread_is_idle*/) {}

  // The present, for decisions outside transact().
  virtual protocol::Moment now() const = 0;

  // Why the engine refuses writes for good (a failed write or sync), if so.
  // The process should stop: recovery decides at the next start.
  virtual Result<void> health() const = 0;

  // Makes everything admitted durable and ends the engine's threads.
  virtual void close() = 0;
};

}  // namespace durable_streams::storage
