#include "storage/engine_core.h"

#include <utility>

#include "base/assert.h"
#include "storage/errc.h"

namespace durable_streams::storage {
namespace {

using Kind = protocol::Unit::Kind;

bool ends_stream(Kind kind) {
  return kind == Kind::remove || kind == Kind::expire;
}

bool is_frugal(const protocol::Unit& unit) {
  return unit.kind != Kind::create && unit.payload.empty();
}

void describe(const StreamEntry& entry, Receipt& receipt) {
  receipt.stream_id = entry.stream_id();
  receipt.tail = entry.admitted.tail();
  receipt.closed = entry.admitted.closed;
}

}  // namespace

void EngineCore::transact(std::string_view path, Transaction& transaction) {
  StreamShard& shard = table_.shard_of(path);
  const std::lock_guard lock(shard.mutex);
  EntryPtr entry = shard.newest(path);
  const bool live = entry && entry->admitted_exists;
  const protocol::Moment moment = now();

  if (transaction.decide(live ? &entry->admitted : nullptr, moment) ==
      Transaction::Verdict::no_change) {
    if (live) describe(*entry, transaction.receipt);
    settle_unchanged(entry, transaction);
    return;
  }
  admit(shard, path, std::move(entry), transaction, moment);
}

void EngineCore::admit(StreamShard& shard, std::string_view path, EntryPtr entry,
                       Transaction& transaction, const protocol::Moment& moment) {
  protocol::Unit& unit = transaction.unit();
  DS_ASSERT(unit.kind == Kind::create || (entry && entry->admitted_exists));

  Change change;
  change.queued_bytes = size_of_change(unit, path);
  if (const auto refusal = refuse(change.queued_bytes, is_frugal(unit))) {
    transaction.receipt.settlement = Settlement::unavailable;
    transaction.receipt.disk_full = refusal->disk_full;
    transaction.home().post(transaction);
    return;
  }

  if (unit.kind == Kind::create) {
    unit.config = configs_.intern(std::move(unit.config));
    if (entry && entry->admitted_exists) {
      change.replaces = entry->stream_id();
      entry->admitted_exists = false;
    }
    entry = make_entry(shard, path, next_stream_id_++, unit.config);
    shard.put(entry);
  }
  change.transaction = &transaction;
  change.unit = &unit;
  change.kind = unit.kind;
  change.at_ms = moment.stream_ms;
  change.position = entry->admitted.tail_position;
  unit.at_ms = moment.stream_ms;

  if (ends_stream(unit.kind)) {
    entry->admitted_exists = false;
  } else {
    const protocol::Offset tail_after{entry->stream_id(),
                                      change.position + unit.payload.bytes.size()};
    if (unit.kind != Kind::create &&
        protocol::needs_renewal(entry->config(), entry->logged_active_ms(), moment)) {
      entry->stamp_in_flight = true;
    }
    protocol::apply(entry->admitted, unit, tail_after);
    entry->set_active_ms(entry->admitted.active_ms, moment.stream_ms);
  }
  describe(*entry, transaction.receipt);
  change.stream = std::move(entry);
  submit(std::move(change));
}

uint64_t EngineCore::make_durable(Change& change) {
  StreamEntry& entry = *change.stream;
  if (entry.last_change == static_cast<uint32_t>(change.number))
    entry.stamp_in_flight = false;
  if (change.unit == nullptr || change.kind == Kind::renew) return 0;
  uint64_t listeners = listeners_of(entry);
  listeners_.note(listeners, change.stream);

  if (ends_stream(change.kind)) {
    end_durably(entry);
    entry.shard().erase(entry);
  } else {
    if (change.kind == Kind::create) {
      if (const EntryPtr older = entry.shard().take_replaced(entry)) {
        // Of an ended one the listeners have heard already.
        if (older->durable_exists) {
          listeners_.note(listeners_of(*older), older);
          listeners |= listeners_of(*older);
          end_durably(*older);
        }
      }
      entry.durable_exists = true;
    }
    const uint64_t size = change.unit->payload.bytes.size();
    if (size > 0) {
      entry.shard().tail_history.note(entry.stream_id(), change.at_ms, change.position);
      store(change);
    }
    entry.durable_position = change.position + size;
    entry.durable_closed = change.unit->closes;
  }
  return listeners;
}

void EngineCore::end_durably(StreamEntry& entry) {
  entry.admitted_exists = false;
  entry.durable_exists = false;
  entry.admitted.writers.clear();
  entry.shard().drop_rare(entry);
  release(entry);
}

uint64_t EngineCore::listeners_of(const StreamEntry& entry) {
  const RareState* const rare = entry.shard().find_rare(entry);
  return rare == nullptr ? 0 : rare->listeners;
}

StreamHandle EngineCore::find(std::string_view path) const {
  const StreamShard& shard = table_.shard_of(path);
  const std::lock_guard lock(shard.mutex);
  return shard.durable(path);
}

std::optional<protocol::Offset> EngineCore::tail_at(const OpenStream& stream,
                                                    int64_t then_ms) const {
  if (then_ms < stream_clock_.opened_at_ms()) return std::nullopt;
  const StreamEntry& entry = entry_of(stream);
  const std::lock_guard lock(entry.shard_mutex());
  const auto position = entry.shard().tail_history.position_at(
      entry.stream_id(), then_ms, entry.durable_position);
  if (!position) return std::nullopt;
  return protocol::Offset{entry.stream_id(), *position};
}

bool EngineCore::renew(const OpenStream& stream) {
  if (!stream.config().ttl_seconds) return false;
  StreamEntry& entry = entry_of(stream);
  const std::lock_guard lock(entry.shard_mutex());
  if (!entry.admitted_exists) return false;

  const protocol::Moment moment = now();
  const int64_t logged_ms = entry.logged_active_ms();
  entry.set_active_ms(moment.stream_ms, logged_ms);
  if (protocol::needs_renewal(entry.config(), logged_ms, moment))
    queue_renewal(entry, moment);
  return entry.stamp_in_flight;
}

void EngineCore::queue_renewal(StreamEntry& entry, const protocol::Moment& now) {
  Change change;
  change.kind = Kind::renew;
  change.at_ms = now.stream_ms;
  change.queued_bytes = change_overhead_bytes;
  if (refuse(change.queued_bytes, true)) return;  // The next read tries again.
  entry.set_active_ms(now.stream_ms, now.stream_ms);
  entry.stamp_in_flight = true;
  change.stream = EntryPtr(&entry);
  submit(std::move(change));
}

bool EngineCore::sweep(SweepPlace& place, size_t count,
                       std::vector<StreamHandle>& ended) {
  stream_clock_.observe_wall();
  const protocol::Moment moment = now();
  // A lock is held for a few streams only.
  constexpr size_t slice = 256;
  for (size_t left = count; left > 0;) {
    left -= sweep_shard(place, std::min(left, slice), moment, ended);
    if (!place.last && place.shard == 0) return true;
  }
  return false;
}

// Looks at up to `count` streams of one shard; returns at how many.
size_t EngineCore::sweep_shard(SweepPlace& place, size_t count,
                               const protocol::Moment& moment,
                               std::vector<StreamHandle>& ended) {
  size_t looked_at = 0;
  uint64_t to_wake = 0;
  {
    StreamShard& shard = table_.shard(place.shard);
    const std::lock_guard lock(shard.mutex);
    const EntryPtr last(place.last ? &entry_of(*place.last) : nullptr);
    place.last = shard.visit_after(last, count, [&](StreamEntry& entry) {
      ++looked_at;
      const int64_t active_ms = entry.admitted.active_ms;
      if (!entry.durable_exists || !entry.admitted_exists ||
          !protocol::is_expired(entry.config(), active_ms, moment)) {
        return;
      }
      if (protocol::may_end(entry.config(), active_ms, moment)) {
        ended.emplace_back(&entry);
      } else {
        listeners_.note(listeners_of(entry), StreamHandle(&entry));
        to_wake |= listeners_of(entry);
      }
    });
    if (!place.last) place.shard = (place.shard + 1) % StreamTable::shard_count;
  }
  listeners_.wake(to_wake);
  return looked_at;
}

ListenerId EngineCore::add_listener(TailListener& listener, CompletionQueue& home) {
  return listeners_.add(listener, home);
}

void EngineCore::watch(const StreamHandle& stream, ListenerId listener) {
  StreamEntry& entry = entry_of(*stream);
  const std::lock_guard lock(entry.shard_mutex());
  if (!entry.durable_exists) return;  // Whoever looks once after it finds out.
  RareState& state = entry.shard().make_rare(entry);
  state.listeners |= uint64_t{1} << listener;
  watched_changed(state);
}

void EngineCore::unwatch(const OpenStream& stream, ListenerId listener) {
  StreamEntry& entry = entry_of(stream);
  const std::lock_guard lock(entry.shard_mutex());
  RareState* const state = entry.shard().find_rare(entry);
  if (state == nullptr) return;
  state->listeners &= ~(uint64_t{1} << listener);
  watched_changed(*state);
  entry.shard().drop_plain_rare(entry);
}

Result<uint64_t> EngineCore::start_of_read(const StreamEntry& stream,
                                           protocol::Offset from) {
  if (!stream.durable_exists) return fail(Errc::not_found);
  // The start is where the stream begins now; older offsets are gone.
  if (from.is_start()) return stream.earliest_position();
  if (from.owner_id != stream.stream_id() ||
      from.position < stream.earliest_position()) {
    return fail(Errc::offset_gone);
  }
  if (from.position > stream.durable_position) return fail(Errc::offset_invalid);
  return from.position;
}

void EngineCore::finish_page(Page& page, const Snapshot& seen, uint64_t position) {
  page.stream_id = seen.stream_id;
  page.next = {seen.stream_id, position};
  page.at_tail = position == seen.tail.position;
  page.closed = page.at_tail && seen.closed;
}

}  // namespace durable_streams::storage
