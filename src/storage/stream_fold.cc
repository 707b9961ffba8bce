#include "storage/stream_fold.h"

#include <algorithm>
#include <utility>

namespace durable_streams::storage {

using protocol::Unit;

void StreamFold::begin(uint64_t stream_id) {
  *this = StreamFold();
  stream_id_ = stream_id;
}

bool StreamFold::add(const RecordView& head, const FoldSourcePlace& place) {
  ++records_;
  if (head.kind == RecordKind::renew) {
    renew(head.at_ms);
    return true;
  }
  if (gone_ && !ending_) {
    // What follows of a stream that is gone does not count, but for its end.
    if (head.kind == RecordKind::gone) return true;
    if (head.kind != RecordKind::remove && head.kind != RecordKind::expire) return true;
  }
  if (ending_) return false;
  switch (head.kind) {
    case RecordKind::create:
    case RecordKind::append:
      return change(head, place);
    case RecordKind::remove:
    case RecordKind::expire:
      ending_ = {static_cast<Unit::Kind>(head.kind), head.at_ms, head.position};
      return true;
    case RecordKind::trim:
      return trim(head.position);
    case RecordKind::gone:
      gone_ = gone_of(head);
      gone_->created = gone_->created || config_ != nullptr;
      return true;
    default:
      return false;
  }
}

bool StreamFold::change(const RecordView& head, const FoldSourcePlace& place) {
  auto meta = parse_state_meta(head);
  if (!meta || closing_ || (tail_ && head.position != *tail_)) return false;
  if (head.kind == RecordKind::create) {
    if (records_ > 1 || head.position != 0) return false;
    path_ = meta->path;
    config_ = protocol::share_config(std::move(meta->config));
  }
  if (head.data_bytes > 0) {
    if (pieces_.empty()) data_begin_ = head.position;
    data_end_ = head.position + head.data_bytes;
    pieces_.push_back({head.position, place.source, place.file_position, place.bytes,
                       head.data_bytes});
  }
  tail_ = head.position + head.data_bytes;
  renew(head.at_ms);
  if (meta->closes) {
    closing_.emplace();
    closing_->kind = Unit::Kind::append;
    closing_->at_ms = head.at_ms;
    closing_->closes = true;
    closing_->producer = meta->producer;
    closing_->stream_seq = meta->stream_seq;
  }
  note_uses(*meta, head.at_ms);
  return true;
}

void StreamFold::note_uses(RecordMeta& meta, int64_t at_ms) {
  const Use use{records_, at_ms};
  if (meta.producer) {
    producers_[std::move(meta.producer->id)] = {
        {meta.producer->epoch, meta.producer->seq}, use};
  }
  if (meta.stream_seq) {
    seqs_[std::move(meta.stream_seq->scope)] = {std::move(meta.stream_seq->value), use};
  }
}

bool StreamFold::trim(uint64_t earliest) {
  if (earliest_ && earliest < *earliest_) return false;
  earliest_ = earliest;
  // Beyond the tail: what lies between was left out before.
  if (tail_ && earliest > *tail_) tail_ = earliest;
  return true;
}

void StreamFold::renew(int64_t at_ms) {
  stamp_ms_ = std::max(stamp_ms_.value_or(at_ms), at_ms);
}

void StreamFold::replaced(int64_t at_ms) {
  if (!ending_) ending_ = {Unit::Kind::expire, at_ms, tail_.value_or(0)};
}

std::vector<FoldedRecord> StreamFold::finish(const FoldRange& range) {
  std::vector<FoldedRecord> out;
  if (ending_ || gone_ || dead_) {
    if (auto end = ended(range)) out.push_back(std::move(*end));
    return out;
  }
  if (earliest_) {
    std::erase_if(pieces_,
                  [this](const DataPiece& one) { return one.end() <= *earliest_; });
  }
  join_pieces(out);
  spread_carriers(out);
  if (earliest_) put_trims(out);

  const bool stamped =
      std::any_of(out.begin(), out.end(), [&](const FoldedRecord& one) {
        return one.kind != RecordKind::trim && one.unit.at_ms == stamp_ms_;
      });
  if (stamp_ms_ && !stamped) {
    FoldedRecord& renewal = out.emplace_back();
    renewal.kind = RecordKind::renew;
    renewal.unit.at_ms = *stamp_ms_;
  }
  return out;
}

std::optional<FoldedRecord> StreamFold::ended(const FoldRange& range) const {
  // Without a record that tells, it has ended by the end of the log.
  const GoneHead gone = gone_.value_or(GoneHead{range.log_end, config_ != nullptr});
  const bool nothing_older = config_ || gone.created || range.begin == LogPosition{};
  const bool nothing_newer = ending_ || gone.ended_before <= range.end;
  if (nothing_older && nothing_newer) return std::nullopt;

  FoldedRecord end;
  if (ending_) {
    end.kind = static_cast<RecordKind>(ending_->kind);
    end.position = ending_->position;
    end.unit.kind = ending_->kind;
    end.unit.at_ms = ending_->at_ms;
  } else {
    end.kind = RecordKind::gone;
    end.gone = gone;
  }
  return end;
}

// The data, in records of a good size; the creation before it.
void StreamFold::join_pieces(std::vector<FoldedRecord>& out) const {
  if (config_) {
    FoldedRecord& create = out.emplace_back();
    create.kind = RecordKind::create;
    create.unit.config = config_;
  }
  uint64_t joined = 0;
  for (const DataPiece& piece : pieces_) {
    const bool follows = !out.empty() &&
                         joined + piece.data_bytes <= joined_bytes_max &&
                         out.back().position + joined == piece.position;
    if (!follows) {
      out.emplace_back().position = piece.position;
      joined = 0;
    }
    out.back().pieces.push_back(piece);
    joined += piece.data_bytes;
  }
  for (FoldedRecord& record : out) {
    record.unit.kind = static_cast<Unit::Kind>(record.kind);
    record.unit.at_ms = *stamp_ms_;
  }
}

// Units without data that say who wrote last, in the order of last use; the
// closure, if any, is the last.
std::vector<Unit> StreamFold::carriers() const {
  std::map<size_t, Unit> by_order;
  const auto unit_of = [&](const Use& use) -> Unit& {
    Unit& unit = by_order[use.order];
    unit.kind = Unit::Kind::append;
    unit.at_ms = use.at_ms;
    return unit;
  };
  for (const auto& [id, one] : producers_) {
    unit_of(one.use).producer =
        protocol::ProducerTuple{id, one.state.epoch, one.state.last_seq};
  }
  for (const auto& [scope, one] : seqs_)
    unit_of(one.use).stream_seq = protocol::ScopedSeq{scope, one.value};

  std::vector<Unit> units;
  for (auto& [order, unit] : by_order)
    units.push_back(std::move(unit));
  if (closing_) {
    // Its own producer and Stream-Seq stand at the end already, if it has any.
    if (closing_->producer || closing_->stream_seq) units.pop_back();
    units.push_back(*closing_);
  }
  return units;
}

// Puts the carriers on the records of data: the first ones on the first, but a
// closure on the last. Those that are left over get records of their own.
void StreamFold::spread_carriers(std::vector<FoldedRecord>& out) const {
  std::vector<Unit> units = carriers();
  const size_t with_data = out.size();
  for (size_t i = 0; i < units.size(); ++i) {
    const bool closes = units[i].closes;
    size_t to = i;
    if (closes && i < with_data) to = with_data - 1;
    if (to >= with_data) {
      FoldedRecord& record = out.emplace_back();
      record.position = *tail_;
      record.unit = std::move(units[i]);
      continue;
    }
    Unit& unit = out[to].unit;
    unit.at_ms = units[i].at_ms;
    unit.closes = closes;
    unit.producer = std::move(units[i].producer);
    unit.stream_seq = std::move(units[i].stream_seq);
  }
}

// The earliest offset. Where data before it was left out, the tail must get to
// what follows first.
void StreamFold::put_trims(std::vector<FoldedRecord>& out) const {
  const auto trim_to = [](uint64_t position) {
    FoldedRecord trim;
    trim.kind = RecordKind::trim;
    trim.position = position;
    return trim;
  };
  const uint64_t kept = pieces_.empty() ? *earliest_ : pieces_.front().position;
  const uint64_t before_data = std::min(kept, *earliest_);
  if (before_data > 0)
    out.insert(out.begin() + (config_ ? 1 : 0), trim_to(before_data));
  if (kept < *earliest_) out.push_back(trim_to(*earliest_));
}

}  // namespace durable_streams::storage
