#include "storage/store_survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "storage/segment.h"
#include "storage/segment_survey.h"

namespace durable_streams::storage {
namespace {

class Surveyor {
 public:
  explicit Surveyor(StoreLayout layout) { survey_.layout = std::move(layout); }

  Result<StoreSurvey> run() {
    add_damage_of_unused();
    for (const StoreUnit& unit : survey_.layout.units) {
      begin_unit(unit);
      if (unit.kind == StoreUnit::Kind::missing) continue;
      if (auto done = survey_segment(unit); !done) return fail(std::move(done.error()));
    }
    survey_.ledger.finish();
    for (const StreamHole& hole : survey_.ledger.holes())
      blame(hole);
    return std::move(survey_);
  }

 private:
  void add_damage_of_unused();
  void begin_unit(const StoreUnit& unit);
  Result<void> survey_segment(const StoreUnit& unit);
  void take_record(const StoreUnit& unit, const SurveyedPiece& piece);
  void take_bad(const StoreUnit& unit, const SurveyedPiece& piece);
  void add_loss(Damage damage);
  void blame(const StreamHole& hole);

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
  survey_.units.push_back({unit.name, unit.file_bytes, 0, 0, {}});
  for (const Damage& damage : survey_.layout.damage) {
    if (damage.file == unit.name) add_loss(damage);
  }
}

Result<void> Surveyor::survey_segment(const StoreUnit& unit) {
  auto image = read_segment(unit);
  if (!image) return fail(std::move(image.error()));
  survey_.torn_bytes += image->torn_bytes;
  SurveyedUnit& surveyed = survey_.units.back();
  SegmentSurvey segment(image->bytes, unit.first, unit.seed);
  bool has_batch = false;
  while (const auto piece = segment.next()) {
    switch (piece->kind) {
      case SurveyedPiece::Kind::batch:
        if (!std::exchange(has_batch, true)) surveyed.oldest_ms = piece->batch.at_ms;
        survey_.newest_ms = std::max(survey_.newest_ms, piece->batch.at_ms);
        survey_.next_stream_id =
            std::max(survey_.next_stream_id, piece->batch.next_stream_id);
        break;
      case SurveyedPiece::Kind::record:
        take_record(unit, *piece);
        break;
      case SurveyedPiece::Kind::bad:
        take_bad(unit, *piece);
        break;
    }
  }
  surveyed.end = {unit.first, static_cast<uint32_t>(image->bytes.size())};
  if (unit.end && image->bytes.size() < unit.end->position) {
    add_loss({unit.name,
              image->bytes.size(),
              unit.end->position,
              "the file ends too early",
              {}});
  }
  return {};
}

void Surveyor::take_record(const StoreUnit& unit, const SurveyedPiece& piece) {
  ++survey_.records;
  ++survey_.units.back().records;
  if (survey_.ledger.add(*piece.record, piece.to - piece.from)) return;
  survey_.damage.push_back(
      {unit.name, piece.from, piece.to, "the record makes no sense", {}});
}

void Surveyor::take_bad(const StoreUnit& unit, const SurveyedPiece& piece) {
  Damage damage{unit.name, piece.from, piece.to, "bytes that were durable are bad", {}};
  if (piece.record) {
    // Its header may be bad too; but if it goes on where the stream ends it is
    // what was lost.
    const LedgerStream* const stream = survey_.ledger.find(piece.record->stream_id);
    if (stream != nullptr && !stream->has_ended &&
        piece.record->position == stream->tail) {
      damage.streams.push_back({piece.record->stream_id, stream->path, stream->tail,
                                stream->tail + piece.record->data_bytes});
    }
  }
  add_loss(std::move(damage));
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

}  // namespace

Result<StoreSurvey> survey_store(FileSystem& file_system, const std::string& data_dir) {
  auto layout = read_layout(file_system, data_dir);
  if (!layout) return fail(std::move(layout.error()));
  return Surveyor(std::move(*layout)).run();
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
  totals.file_bytes = survey.layout.unused_bytes;
  for (const SurveyedUnit& unit : survey.units)
    totals.file_bytes += unit.file_bytes;
  return totals;
}

}  // namespace durable_streams::storage
