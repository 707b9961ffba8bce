// What the engines of this folder share: the index, admission, the step from
// admitted to durable, listeners and stream time.
//
// An engine adds how changes become durable (submit()) and where their bytes
// are (store(), read()). transact() holds the shard's mutex from decide() until
// submit() returns, so the order of changes is the order of decisions.
//
// Threads: as engine.h says; hooks run with the stream's shard mutex held.
#pragma once

#include <atomic>
#include <optional>

#include "storage/change.h"
#include "storage/config_pool.h"
#include "storage/engine.h"
#include "storage/stream_clock.h"
#include "storage/stream_table.h"
#include "storage/tail_listeners.h"

namespace durable_streams::storage {

class EngineCore : public Engine {
 public:
  void transact(std::string_view path, Transaction& transaction) override;
  StreamHandle find(std::string_view path) const override;
  std::optional<protocol::Offset> tail_at(const OpenStream& stream,
                                          int64_t then_ms) const override;
  bool renew(const OpenStream& stream) override;
  bool sweep(SweepPlace& place, size_t count,
             std::vector<StreamHandle>& ended) override;
  ListenerId add_listener(TailListener& listener, CompletionQueue& home) override;
  void watch(const StreamHandle& stream, ListenerId listener) override;
  void unwatch(const OpenStream& stream, ListenerId listener) override;
  protocol::Moment now() const override { return stream_clock_.now(); }

 protected:
  // `clock` must outlive the engine.
  explicit EngineCore(const Clock& clock) : stream_clock_(clock) {}

  // Why a change is not admitted.
  struct Refusal {
    bool disk_full = false;
  };

  // Whether a change of `bytes` may be admitted now; nullopt if so, and then
  // submit() follows. A `frugal` one adds no data (a deletion, a closure, an
  // expiry, a renewal): a full disk still takes it.
  virtual std::optional<Refusal> refuse(uint64_t bytes, bool frugal) = 0;

  // Takes an admitted change; the engine sets stream->last_change.
  virtual void submit(Change change) = 0;

  // Settles a transaction that changes nothing, once `stream`'s admitted state
  // is durable. Null: there is no such stream, and that is durable.
  virtual void settle_unchanged(const EntryPtr& stream, Transaction& transaction) = 0;

  // A new entry of the engine's own kind.
  virtual EntryPtr make_entry(StreamShard& shard, std::string_view path,
                              uint64_t stream_id, protocol::ConfigPtr config) = 0;

  // `change` is durable: keep its bytes, or where they are. May move the payload
  // out of the unit. Called before the durable tail moves.
  virtual void store(Change& change) = 0;

  // The stream has ended, durably: its bytes will not be asked for any more.
  virtual void release(StreamEntry& stream) = 0;

  // Somebody began or ceased to watch the stream that `state` is of.
  virtual void watched_changed(RareState& state) = 0;

  // Applies `change` to the durable state; the shard's mutex is held. Returns
  // the listeners to be woken.
  [[nodiscard]] uint64_t make_durable(Change& change);

  // Checks `from` against the stream's life and ends, the shard's mutex held.
  // The position to read from, or the errors of Engine::read().
  [[nodiscard]] static Result<uint64_t> start_of_read(const StreamEntry& stream,
                                                      protocol::Offset from);
  // The ends of a page that holds the bytes up to `position`.
  static void finish_page(Page& page, const Snapshot& seen, uint64_t position);

  StreamTable table_;
  ConfigPool configs_;
  StreamClock stream_clock_;
  TailListeners listeners_;
  std::atomic<uint64_t> next_stream_id_{1};

 private:
  void admit(StreamShard& shard, std::string_view path, EntryPtr entry,
             Transaction& transaction, const protocol::Moment& moment);
  void queue_renewal(StreamEntry& entry, const protocol::Moment& now);
  size_t sweep_shard(SweepPlace& place, size_t count, const protocol::Moment& moment,
                     std::vector<StreamHandle>& ended);
  void end_durably(StreamEntry& entry);
  static uint64_t listeners_of(const StreamEntry& entry);
};

}  // namespace durable_streams::storage
