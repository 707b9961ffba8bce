#include "storage/stream_ledger.h"

#include <algorithm>
#include <string_view>

namespace durable_streams::storage {

bool StreamLedger::add(const RecordView& head, uint64_t record_bytes) {
  if (head.kind == RecordKind::renew) return true;
  const bool known = streams_.contains(head.stream_id);
  const bool creates = head.kind == RecordKind::create;
  LedgerStream& stream = stream_of(head);
  stream.record_bytes += record_bytes;
  stream.data_bytes += head.data_bytes;
  if (creates && known) return false;
  if (!creates && !known && losses_ == 0 && head.kind != RecordKind::gone) return false;
  if (stream.is_gone) return true;
  if (stream.has_ended) return false;
  const bool fits = change(stream, head);
  stream.losses_before = losses_;
  return fits;
}

LedgerStream& StreamLedger::stream_of(const RecordView& head) {
  const auto [found, is_new] = streams_.try_emplace(head.stream_id);
  LedgerStream& stream = found->second;
  if (!is_new || head.kind == RecordKind::create || head.kind == RecordKind::gone)
    return stream;
  stream.tail = head.position;
  if (losses_ > 0) {
    holes_.push_back({head.stream_id, 0, head.position, 0, losses_, true});
  }
  return stream;
}

bool StreamLedger::change(LedgerStream& stream, const RecordView& head) {
  switch (head.kind) {
    case RecordKind::create: {
      const auto meta = parse_state_meta(head);
      if (!meta || head.position != 0) return false;
      stream.path = meta->path;
      stream.tail = head.data_bytes;
      stream.is_closed = meta->closes;
      return true;
    }
    case RecordKind::append: {
      const bool has_hole = head.position > stream.tail;
      const bool fits = !stream.is_closed && head.position >= stream.tail &&
                        (!has_hole || losses_ > stream.losses_before);
      if (has_hole && fits) skip_to(stream, head.stream_id, head.position);
      const auto meta = parse_state_meta(head);
      stream.tail = std::max(stream.tail, head.position + head.data_bytes);
      stream.is_closed = stream.is_closed || (meta && meta->closes);
      return fits && meta;
    }
    case RecordKind::remove:
    case RecordKind::expire:
      stream.has_ended = true;
      return true;
    case RecordKind::gone:
      stream.is_gone = stream.has_ended = true;
      return true;
    case RecordKind::trim: {
      const bool fits = head.position >= stream.earliest;
      stream.earliest = std::max(stream.earliest, head.position);
      stream.tail = std::max(stream.tail, head.position);
      return fits;
    }
    default:
      return false;
  }
}

void StreamLedger::skip_to(LedgerStream& stream, uint64_t stream_id,
                           uint64_t position) {
  holes_.push_back(
      {stream_id, stream.tail, position, stream.losses_before, losses_, false});
}

void StreamLedger::finish() {
  boost::unordered_flat_map<std::string_view, uint64_t> newest;
  for (const auto& [id, stream] : streams_) {
    if (stream.has_ended || stream.path.empty()) continue;
    uint64_t& holder = newest[stream.path];
    holder = std::max(holder, id);
  }
  for (auto& [id, stream] : streams_) {
    if (stream.has_ended || stream.path.empty()) continue;
    stream.has_ended = newest[stream.path] != id;
  }
}

const LedgerStream* StreamLedger::find(uint64_t stream_id) const {
  const auto found = streams_.find(stream_id);
  return found == streams_.end() ? nullptr : &found->second;
}

}  // namespace durable_streams::storage
