#include "storage/salvage_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "storage/errc.h"

namespace durable_streams::storage {
namespace {

constexpr const char* lost_content_type = "application/octet-stream";

class SalvageSource final : public FoldSource {
 public:
  SalvageSource(FileSystem& file_system, const StoreSurvey& survey, size_t index,
                const RunHeader& range)
      : file_system_(file_system),
        survey_(survey),
        unit_(survey.layout.units[index]),
        range_(range) {}

  Result<void> load();

  const RunHeader& range() const override { return range_; }
  Result<bool> next(StreamFold& fold) override;
  Result<std::string_view> read(const DataPiece& piece) override;

 private:
  // A record without its data. Of a record of renewals, one stream's part.
  struct Item {
    RecordView record;  // Its meta are in metas_.
    size_t order = 0;
    size_t meta_position = 0;
    size_t meta_bytes = 0;
    FoldSourcePlace place;
    bool is_renewal = false;
  };

  void take(const UnitPiece& piece);
  void take_renewals(const RecordView& record);
  void take_lost_data(const RecordView& head);
  void make_up_for(size_t damage, bool head_is_known);
  void add(const RecordView& record, const FoldSourcePlace& place);
  void add_trim(uint64_t stream_id, uint64_t earliest);
  void add_unit(const protocol::Unit& unit, std::string_view path, uint64_t stream_id,
                uint64_t position);
  void add_nameless(uint64_t stream_id);
  bool is_damage_of_unit(size_t damage) const {
    return damage < survey_.damage.size() && survey_.damage[damage].file == unit_.name;
  }

  FileSystem& file_system_;
  const StoreSurvey& survey_;
  const StoreUnit& unit_;
  const RunHeader range_;
  std::shared_ptr<const UnitFile> file_;
  size_t next_damage_ = 0;  // Not met yet.
  std::vector<Item> items_;
  std::string metas_;
  size_t next_ = 0;
  std::string piece_;  // What read() returned.
};

Result<void> SalvageSource::load() {
  while (next_damage_ < survey_.damage.size() && !is_damage_of_unit(next_damage_))
    ++next_damage_;
  if (unit_.kind != StoreUnit::Kind::missing) {
    auto file = unit_.open(file_system_);
    if (!file) return fail(std::move(file.error()));
    file_ = std::move(*file);
    const auto walked =
        walk_unit(file_system_, unit_, [this](const UnitPiece& piece) { take(piece); });
    if (!walked) return fail(walked.error());
  }
  for (; is_damage_of_unit(next_damage_); ++next_damage_)
    make_up_for(next_damage_, false);
  std::sort(items_.begin(), items_.end(), [](const Item& one, const Item& other) {
    return std::pair(one.record.stream_id, one.order) <
           std::pair(other.record.stream_id, other.order);
  });
  return {};
}

// Damage is met in the order in which the survey has noted it.
void SalvageSource::take(const UnitPiece& piece) {
  const bool is_record = piece.kind == UnitPiece::Kind::record;
  bool is_refused = false;  // By the survey, though it verifies.
  for (; is_damage_of_unit(next_damage_); ++next_damage_) {
    const Damage& damage = survey_.damage[next_damage_];
    if (damage.from > piece.from) break;
    const bool is_this = damage.from == piece.from && damage.to == piece.to;
    is_refused = is_refused || is_this;
    make_up_for(next_damage_, is_this && piece.kind == UnitPiece::Kind::lost_data);
  }
  if (piece.kind == UnitPiece::Kind::lost_data) return take_lost_data(*piece.head);
  if (!is_record || is_refused) return;
  if (piece.head->kind == RecordKind::renew && unit_.kind == StoreUnit::Kind::segment) {
    return take_renewals(*piece.head);
  }
  add(*piece.head, {0, static_cast<uint32_t>(piece.from),
                    static_cast<uint32_t>(piece.to - piece.from)});
}

void SalvageSource::take_renewals(const RecordView& record) {
  const auto renewals = parse_renewals(record);
  if (!renewals) return;
  for (const auto& [stream_id, at_ms] : *renewals) {
    RecordView renewal;
    renewal.kind = RecordKind::renew;
    renewal.stream_id = stream_id;
    renewal.at_ms = at_ms;
    add(renewal, {});
    items_.back().is_renewal = true;
  }
}

// The record without its data: what it says of producers and closure stays.
void SalvageSource::take_lost_data(const RecordView& head) {
  const uint64_t end = head.position + head.data_bytes;
  RecordView rest = head;
  rest.data_bytes = 0;
  if (head.kind == RecordKind::create) {
    add(rest, {});
    add_trim(head.stream_id, end);
  } else {
    add_trim(head.stream_id, end);
    rest.position = end;
    add(rest, {});
  }
}

// What takes the place of what was lost there.
void SalvageSource::make_up_for(size_t damage, bool head_is_known) {
  std::set<uint64_t> done;
  for (const StreamHole& hole : survey_.ledger.holes()) {
    const bool includes = hole.losses_before <= damage && damage < hole.losses_after;
    if (includes) done.insert(hole.stream_id);
    if (hole.losses_after != damage + 1) continue;
    if (hole.creation_lost) add_nameless(hole.stream_id);
    if (hole.to > 0) add_trim(hole.stream_id, hole.to);
  }
  if (head_is_known) return;
  for (const StreamLoss& loss : survey_.damage[damage].streams) {
    if (done.contains(loss.stream_id)) continue;
    if (loss.ended) {
      protocol::Unit end;
      end.kind = protocol::Unit::Kind::remove;
      end.at_ms = range_.newest_ms;
      add_unit(end, {}, loss.stream_id, loss.from);
    } else {
      add_trim(loss.stream_id, loss.to);
    }
  }
}

void SalvageSource::add(const RecordView& record, const FoldSourcePlace& place) {
  Item item;
  item.record = record;
  item.order = items_.size();
  item.meta_position = metas_.size();
  item.meta_bytes = record.meta.size();
  item.place = place;
  metas_ += record.meta;
  items_.push_back(item);
}

void SalvageSource::add_trim(uint64_t stream_id, uint64_t earliest) {
  std::string bytes;
  append_trim(bytes, 0, stream_id, earliest);
  add(*parse_head(bytes), {});
}

void SalvageSource::add_unit(const protocol::Unit& unit, std::string_view path,
                             uint64_t stream_id, uint64_t position) {
  std::string bytes;
  append_unit_head(bytes, 0, unit, {path, stream_id, position});
  add(*parse_head(bytes), {});
}

void SalvageSource::add_nameless(uint64_t stream_id) {
  protocol::Unit creation;
  creation.kind = protocol::Unit::Kind::create;
  creation.at_ms = range_.newest_ms;
  protocol::StreamConfig config;
  config.content_type = lost_content_type;
  creation.config = protocol::share_config(std::move(config));
  add_unit(creation, lost_path(stream_id), stream_id, 0);
}

Result<bool> SalvageSource::next(StreamFold& fold) {
  if (next_ == items_.size()) return false;
  const uint64_t id = items_[next_].record.stream_id;
  fold.begin(id);
  for (; next_ < items_.size() && items_[next_].record.stream_id == id; ++next_) {
    const Item& item = items_[next_];
    if (item.is_renewal) {
      fold.renew(item.record.at_ms);
      continue;
    }
    RecordView record = item.record;
    record.meta = std::string_view(metas_).substr(item.meta_position, item.meta_bytes);
    if (!fold.add(record, item.place)) {
      return fail(Errc::corruption,
                  fmt::format("{}, position {}: the record makes no sense", unit_.name,
                              item.place.file_position));
    }
  }
  return true;
}

Result<std::string_view> SalvageSource::read(const DataPiece& piece) {
  piece_.resize(piece.bytes);
  const auto got =
      file_->bytes().read_at(piece.file_position, piece_.data(), piece_.size());
  if (!got) return fail(got.error());
  if (*got != piece_.size() || !parse_record(piece_, unit_.seed)) {
    return fail(Errc::corruption, fmt::format("{}, position {}: it was good before",
                                              unit_.name, piece.file_position));
  }
  return std::string_view(piece_);
}

}  // namespace

std::string lost_path(uint64_t stream_id) {
  return fmt::format("lost+found/{}", stream_id);
}

Result<std::unique_ptr<FoldSource>> salvage_unit(FileSystem& file_system,
                                                 const StoreSurvey& survey,
                                                 size_t index, const RunHeader& range) {
  auto source = std::make_unique<SalvageSource>(file_system, survey, index, range);
  if (auto done = source->load(); !done) return fail(std::move(done.error()));
  return std::unique_ptr<FoldSource>(std::move(source));
}

}  // namespace durable_streams::storage
