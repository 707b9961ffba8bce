#include "storage/store_survey.h"

#include <algorithm>
#include <utility>

#include "storage/errc.h"

namespace durable_streams::storage {
namespace {

class Surveyor {
 public:
  Surveyor(FileSystem& file_system, StoreLayout layout) : file_system_(file_system) {
    survey_.layout = std::move(layout);
  }

  Result<StoreSurvey> run() {
    add_damage_of_unused();
    for (const StoreUnit& unit : survey_.layout.units) {
      begin_unit(unit);
      if (unit.kind == StoreUnit::Kind::missing) continue;
      if (auto done = survey_unit(unit); !done) return fail(std::move(done.error()));
    }
    survey_.ledger.finish();
    for (const StreamHole& hole : survey_.ledger.holes())
      blame(hole);
    return std::move(survey_);
  }

 private:
  void add_damage_of_unused();
  void begin_unit(const StoreUnit& unit);
  Result<void> survey_unit(const StoreUnit& unit);
  void take(const StoreUnit& unit, const UnitPiece& piece);
  bool take_record(const UnitPiece& piece);
  void add_lost_data(const RecordView& head, Damage& damage);
  void add_likely_loss(const RecordView& head, Damage& damage);
  void add_loss(Damage damage);
  void blame(const StreamHole& hole);

  FileSystem& file_system_;
  StoreSurvey survey_;
};

// Nothing is lost with it, but a server would not start.
void Surveyor::add_damage_of_unused() {
  const auto& unused = survey_.layout.unused;
  for (const Damage& damage : survey_.layout.damage) {
    if (std::find(unused.begin(), unused.end(), damage.file) != unused.end())
      add_loss(damage);
  }
}

void Surveyor::begin_unit(const StoreUnit& unit) {
  survey_.units.push_back({unit.name, unit.file_bytes, 0, {}});
  for (const Damage& damage : survey_.layout.damage) {
    if (damage.file == unit.name) add_loss(damage);
  }
}

Result<void> Surveyor::survey_unit(const StoreUnit& unit) {
  const auto summary =
      walk_unit(file_system_, unit, [&](const UnitPiece& piece) { take(unit, piece); });
  if (!summary) return fail(summary.error());
  survey_.units.back().summary = *summary;
  survey_.torn_bytes += summary->torn_bytes;
  survey_.newest_ms = std::max(survey_.newest_ms, summary->newest_ms);
  survey_.next_stream_id = std::max(survey_.next_stream_id, summary->next_stream_id);
  return {};
}

void Surveyor::take(const StoreUnit& unit, const UnitPiece& piece) {
  Damage damage{unit.name, piece.from, piece.to, "bytes that were durable are bad", {}};
  switch (piece.kind) {
    case UnitPiece::Kind::record:
      if (take_record(piece)) return;
      damage.what = "the record makes no sense";
      break;
    case UnitPiece::Kind::lost_data:
      if (!take_record(piece)) damage.what = "the record makes no sense";
      add_lost_data(*piece.head, damage);
      break;
    case UnitPiece::Kind::bad:
      if (piece.head) add_likely_loss(*piece.head, damage);
      break;
    case UnitPiece::Kind::unclear:
      damage.what = "no record: a part of the footer, or lost records";
      break;
    case UnitPiece::Kind::footer:
      if (!unit.has_footer) return;  // Said already.
      damage.what = "a part of the footer does not verify";
      break;
  }
  add_loss(std::move(damage));
}

bool Surveyor::take_record(const UnitPiece& piece) {
  ++survey_.records;
  ++survey_.units.back().records;
  return survey_.ledger.add(*piece.head, piece.to - piece.from);
}

void Surveyor::add_lost_data(const RecordView& head, Damage& damage) {
  const LedgerStream* const stream = survey_.ledger.find(head.stream_id);
  damage.streams.push_back({head.stream_id, stream ? stream->path : std::string(),
                            head.position, head.position + head.data_bytes});
}

// Its header may be bad too; but if it goes on where the stream ends it is what was
// lost.
void Surveyor::add_likely_loss(const RecordView& head, Damage& damage) {
  const LedgerStream* const stream = survey_.ledger.find(head.stream_id);
  if (stream == nullptr || stream->has_ended || head.position != stream->tail) return;
  StreamLoss loss{head.stream_id, stream->path, stream->tail,
                  stream->tail + head.data_bytes};
  loss.ended = head.kind == RecordKind::remove || head.kind == RecordKind::expire;
  if (loss.ended || head.kind == RecordKind::append)
    damage.streams.push_back(std::move(loss));
}

// Losses are numbered as damage is.
void Surveyor::add_loss(Damage damage) {
  survey_.damage.push_back(std::move(damage));
  while (survey_.ledger.note_loss() < survey_.damage.size())
    continue;
}

// Names the stream in every piece of damage that can be the cause of its hole.
void Surveyor::blame(const StreamHole& hole) {
  const LedgerStream* const stream = survey_.ledger.find(hole.stream_id);
  const StreamLoss loss{hole.stream_id, stream->path, hole.from, hole.to};
  for (uint32_t i = hole.losses_before; i < hole.losses_after; ++i) {
    std::vector<StreamLoss>& streams = survey_.damage[i].streams;
    const auto said = std::find_if(
        streams.begin(), streams.end(),
        [&](const StreamLoss& one) { return one.stream_id == loss.stream_id; });
    if (said == streams.end()) {
      streams.push_back(loss);
    } else {
      *said = loss;
    }
  }
}

// The file was not there any more, or what took its place is bad: the next look tells.
bool may_be_rewritten(const Error& error) {
  return is_missing(error) || error.code == Errc::corruption;
}

}  // namespace

Result<StoreSurvey> survey_store(FileSystem& file_system, const std::string& data_dir,
                                 size_t kept_max) {
  // Runs that are not kept open are large, and replaced hours apart.
  constexpr int tries_max = 20;
  for (int tries = 1;; ++tries) {
    auto layout = read_layout(file_system, data_dir, kept_max);
    if (!layout) return fail(std::move(layout.error()));
    auto survey = Surveyor(file_system, std::move(*layout)).run();
    if (survey || tries == tries_max || !may_be_rewritten(survey.error()))
      return survey;
  }
}

StoreTotals totals_of(const StoreSurvey& survey) {
  StoreTotals totals;
  for (const auto& [id, stream] : survey.ledger.streams()) {
    if (stream.has_ended) {
      ++totals.ended_streams;
      totals.dead_bytes += stream.record_bytes;
      continue;
    }
    ++totals.streams;
    const uint64_t live = stream.tail - stream.earliest;
    totals.live_bytes += live;
    totals.dead_bytes += std::max(stream.data_bytes, live) - live;
  }
  totals.file_bytes = survey.layout.unused_bytes + survey.layout.reserve_bytes;
  for (const SurveyedUnit& unit : survey.units) {
    totals.file_bytes += unit.file_bytes;
    if (unit.summary.log_kib == 0) continue;
    totals.tidied_log_bytes += uint64_t{unit.summary.log_kib} * 1024;
    totals.tidier_bytes += uint64_t{unit.summary.written_kib} * 1024;
  }
  return totals;
}

}  // namespace durable_streams::storage
