#include "storage/replay_part.h"

#include <algorithm>
#include <utility>

#include "storage/log_files.h"

namespace durable_streams::storage {

using protocol::Unit;

ReplayPart::Verdict ReplayPart::apply(const RecordView& record,
                                      const RecordPlace& place) {
  if (record.kind == RecordKind::create) return create(record, place);
  if (record.kind == RecordKind::renew) return renew(record);
  if (record.kind == RecordKind::gone) return gone(record);
  if (gone_.contains(record.stream_id)) return taken_once();
  const auto known = by_id_.find(record.stream_id);
  if (known == by_id_.end()) return Verdict::not_mine;
  bool makes_sense = false;
  switch (record.kind) {
    case RecordKind::append:
      makes_sense = append(*known->second, record, place);
      break;
    case RecordKind::remove:
    case RecordKind::expire:
      end(*known->second);
      makes_sense = true;
      break;
    case RecordKind::trim:
      makes_sense = trim(*known->second, record);
      break;
    default:
      break;
  }
  return makes_sense ? Verdict::taken : Verdict::nonsense;
}

ReplayPart::Verdict ReplayPart::create(const RecordView& record,
                                       const RecordPlace& place) {
  const auto path = parse_path(record);
  if (!path || record.stream_id == 0 || by_id_.contains(record.stream_id) ||
      gone_.contains(record.stream_id)) {
    return Verdict::nonsense;
  }
  const size_t shard_index = StreamTable::index_of(*path);
  if (shard_index % parts_ != index_) return Verdict::not_mine;
  auto meta = parse_state_meta(record);
  if (!meta) return Verdict::nonsense;
  highest_stream_id_ = std::max(highest_stream_id_, record.stream_id);
  StreamShard& shard = table_.shard(shard_index);
  if (const EntryPtr expired = shard.newest(*path))
    end(static_cast<LogStream&>(*expired));
  if (!config_ || static_cast<const protocol::StreamConfig&>(*config_) != meta->config)
    config_ = configs_.intern(protocol::share_config(std::move(meta->config)));
  const LogStreamPtr stream = LogStream::make(shard, *path, record.stream_id, config_);
  stream->durable_exists = true;
  shard.put(stream);
  by_id_.emplace(record.stream_id, stream.get());
  return change(*stream, record, *meta, place) ? Verdict::taken : Verdict::nonsense;
}

bool ReplayPart::append(LogStream& stream, const RecordView& record,
                        const RecordPlace& place) {
  auto meta = parse_state_meta(record);
  return meta && change(stream, record, *meta, place);
}

bool ReplayPart::change(LogStream& stream, const RecordView& record, RecordMeta& meta,
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

void ReplayPart::end(LogStream& stream) {
  stream.admitted_exists = false;
  stream.durable_exists = false;
  stream.shard().drop_rare(stream);
  const LogStreamPtr last = &stream;  // Ends with this call, not within it.
  stream.shard().erase(stream);
  by_id_.erase(stream.stream_id());
}

bool ReplayPart::trim(LogStream& stream, const RecordView& record) {
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

ReplayPart::Verdict ReplayPart::gone(const RecordView& record) {
  const auto known = by_id_.find(record.stream_id);
  if (known != by_id_.end()) end(*known->second);
  highest_stream_id_ = std::max(highest_stream_id_, record.stream_id);
  gone_.insert(record.stream_id);
  return taken_once();
}

ReplayPart::Verdict ReplayPart::renew(const RecordView& record) {
  const auto renewals = parse_renewals(record);
  if (!renewals) return Verdict::nonsense;
  for (const auto& [stream_id, at_ms] : *renewals) {
    const auto known = by_id_.find(stream_id);
    // Another part's; or it ended in the same batch, or is gone.
    if (known == by_id_.end()) continue;
    LogStream& stream = *known->second;
    stream.admitted.active_ms = std::max<int64_t>(stream.admitted.active_ms, at_ms);
  }
  return taken_once();
}

void ReplayPart::expect(uint64_t streams) {
  if (!by_id_.empty()) return;
  by_id_.reserve(streams / parts_ + streams / 64);
  for (size_t i = index_; i < StreamTable::shard_count; i += parts_)
    table_.shard(i).reserve(streams / StreamTable::shard_count);
}

void ReplayPart::finish(int64_t newest_stream_ms) {
  for (size_t i = index_; i < StreamTable::shard_count; i += parts_) {
    table_.shard(i).for_each([&](StreamEntry& entry) {
      static_cast<const LogStream&>(entry).extents.for_each([&](const Extent& extent) {
        if (extent.segment >= first_run_id)
          live_bytes_[extent.segment] += extent.file_bytes;
      });
      const auto& ttl_seconds = entry.config().ttl_seconds;
      if (!ttl_seconds) return;
      const int64_t logged_ms = entry.admitted.active_ms;
      const int64_t renewed_ms = logged_ms + protocol::renewal_grain_ms(*ttl_seconds);
      entry.set_active_ms(std::max(logged_ms, std::min(renewed_ms, newest_stream_ms)),
                          logged_ms);
    });
  }
}

}  // namespace durable_streams::storage
