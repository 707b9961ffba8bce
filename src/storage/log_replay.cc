#include "storage/log_replay.h"

#include <algorithm>
#include <utility>

namespace durable_streams::storage {

using protocol::Unit;

bool LogReplay::apply(const RecordView& record, const RecordPlace& place) {
  if (record.kind == RecordKind::create) return create(record, place);
  if (record.kind == RecordKind::renew) return renew(record);
  if (record.kind == RecordKind::gone) return gone(record);
  const auto known = by_id_.find(record.stream_id);
  if (known == by_id_.end()) return false;
  if (!known->second) return true;
  switch (record.kind) {
    case RecordKind::append:
      return append(*known->second, record, place);
    case RecordKind::remove:
    case RecordKind::expire:
      return end(*known->second);
    case RecordKind::trim:
      return trim(*known->second, record);
    default:
      return false;
  }
}

bool LogReplay::create(const RecordView& record, const RecordPlace& place) {
  auto meta = parse_state_meta(record);
  if (!meta || record.stream_id == 0 || by_id_.contains(record.stream_id)) return false;
  highest_stream_id_ = std::max(highest_stream_id_, record.stream_id);
  StreamShard& shard = table_.shard_of(meta->path);
  if (const EntryPtr expired = shard.newest(meta->path)) {
    if (!end(static_cast<LogStream&>(*expired))) return false;
  }
  auto config = configs_.intern(protocol::share_config(std::move(meta->config)));
  const LogStreamPtr stream =
      LogStream::make(shard, meta->path, record.stream_id, std::move(config));
  stream->durable_exists = true;
  shard.put(stream);
  by_id_.emplace(record.stream_id, stream);
  return change(*stream, record, *meta, place);
}

bool LogReplay::append(LogStream& stream, const RecordView& record,
                       const RecordPlace& place) {
  auto meta = parse_state_meta(record);
  return meta && change(stream, record, *meta, place);
}

bool LogReplay::change(LogStream& stream, const RecordView& record, RecordMeta& meta,
                       const RecordPlace& place) {
  if (record.position != stream.durable_position || stream.durable_closed) return false;
  Unit unit;
  unit.kind = static_cast<Unit::Kind>(record.kind);
  unit.at_ms = record.at_ms;
  if (unit.kind == Unit::Kind::create) unit.config = stream.admitted.config;
  unit.closes = meta.closes;
  unit.producer = std::move(meta.producer);
  unit.stream_seq = std::move(meta.stream_seq);

  stream.durable_position += record.data_bytes;
  stream.durable_closed = meta.closes;
  protocol::apply(stream.admitted, unit, stream.durable_tail());
  if (record.data_bytes > 0) stream.extents.add(record.position, place);
  return true;
}

bool LogReplay::end(LogStream& stream) {
  stream.admitted_exists = false;
  stream.durable_exists = false;
  stream.shard().drop_rare(stream);
  const LogStreamPtr last = &stream;  // Ends with this call, not within it.
  stream.shard().erase(stream);
  return by_id_.erase(stream.stream_id()) == 1;
}

bool LogReplay::trim(LogStream& stream, const RecordView& record) {
  if (record.position < stream.earliest_position()) return false;
  if (record.position > 0)
    stream.shard().make_rare(stream).earliest_position = record.position;
  if (record.position > stream.durable_position) {
    stream.durable_position = record.position;
    stream.admitted.tail_position = record.position;
    stream.extents.clear();
  }
  return true;
}

bool LogReplay::gone(const RecordView& record) {
  const auto known = by_id_.find(record.stream_id);
  if (known != by_id_.end() && known->second) end(*LogStreamPtr(known->second));
  highest_stream_id_ = std::max(highest_stream_id_, record.stream_id);
  by_id_[record.stream_id] = nullptr;
  return true;
}

bool LogReplay::renew(const RecordView& record) {
  const auto renewals = parse_renewals(record);
  if (!renewals) return false;
  for (const auto& [stream_id, at_ms] : *renewals) {
    const auto known = by_id_.find(stream_id);
    // It ended in the same batch, or is gone.
    if (known == by_id_.end() || !known->second) continue;
    LogStream& stream = *known->second;
    stream.admitted.active_ms = std::max<int64_t>(stream.admitted.active_ms, at_ms);
  }
  return true;
}

void LogReplay::finish(int64_t newest_stream_ms) {
  table_.for_each([&](const EntryPtr& entry) {
    const auto& ttl_seconds = entry->config().ttl_seconds;
    if (!ttl_seconds) return;
    const int64_t logged_ms = entry->admitted.active_ms;
    const int64_t renewed_ms = logged_ms + protocol::renewal_grain_ms(*ttl_seconds);
    entry->set_active_ms(std::max(logged_ms, std::min(renewed_ms, newest_stream_ms)),
                         logged_ms);
  });
}

}  // namespace durable_streams::storage
