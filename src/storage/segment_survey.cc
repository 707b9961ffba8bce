#include "storage/segment_survey.h"

#include <algorithm>

#include "storage/segment.h"
#include "storage/segment_scanner.h"

namespace durable_streams::storage {
namespace {

// A payload made of headers that claim long records could keep the search busy
// for days; after this many bytes only batches are looked for.
constexpr uint64_t effort_bytes_max = uint64_t{16} << 30;

}  // namespace

SegmentSurvey::SegmentSurvey(std::string_view image, uint32_t number, uint32_t seed)
    : image_(image),
      number_(number),
      seed_(seed),
      position_(segment_header_bytes),
      effort_left_(effort_bytes_max) {}

SegmentSurvey SegmentSurvey::of_records(std::string_view bytes, uint32_t seed) {
  SegmentSurvey survey(bytes, 0, seed);
  survey.position_ = 0;
  survey.batch_end_ = bytes.size();
  return survey;
}

std::optional<SurveyedPiece> SegmentSurvey::next() {
  if (position_ >= image_.size()) return std::nullopt;
  SurveyedPiece piece;
  piece.from = static_cast<uint32_t>(position_);
  const uint64_t end = inside_batch() ? batch_end_ : image_.size();
  if (!inside_batch()) {
    if (const auto batch = batch_at(image_, number_, seed_, position_)) {
      piece.kind = SurveyedPiece::Kind::batch;
      piece.batch = *batch;
      position_ += batch_record_bytes;
      batch_end_ = std::min<uint64_t>(position_ + batch->bytes, image_.size());
      piece.to = static_cast<uint32_t>(position_);
      return piece;
    }
  }
  // Outside of a batch only where the batch's own record is bad.
  piece.record = record_at(position_, end);
  if (piece.record) {
    piece.kind = SurveyedPiece::Kind::record;
    position_ += piece.record->size();
    piece.to = static_cast<uint32_t>(position_);
    return piece;
  }
  piece = bad_piece();
  position_ = piece.to;
  return piece;
}

SurveyedPiece SegmentSurvey::bad_piece() {
  SurveyedPiece piece;
  piece.from = static_cast<uint32_t>(position_);
  const uint64_t end = inside_batch() ? batch_end_ : image_.size();
  const auto lost = parse_head(image_.substr(position_, end - position_));
  if (lost && lost->kind != RecordKind::batch && inside_batch()) {
    const uint64_t after = position_ + lost->size();
    if (after == end || (after < end && is_good_at(after, end))) {
      piece.to = static_cast<uint32_t>(after);
      piece.record = lost;
      return piece;
    }
  }
  uint64_t to = position_ + 1;
  while (to < end && !is_good_at(to, end))
    ++to;
  piece.to = static_cast<uint32_t>(to);
  return piece;
}

bool SegmentSurvey::is_good_at(uint64_t position, uint64_t end) {
  if (record_at(position, end)) return true;
  return !inside_batch() && batch_at(image_, number_, seed_, position).has_value();
}

std::optional<RecordView> SegmentSurvey::record_at(uint64_t position, uint64_t end) {
  const std::string_view bytes = image_.substr(position, end - position);
  const auto header = parse_header(bytes);
  if (!header || header->kind == RecordKind::batch || header->size() > bytes.size() ||
      header->size() > effort_left_) {
    return std::nullopt;
  }
  auto record = parse_record(bytes, seed_);
  if (!record) effort_left_ -= header->size();
  return record;
}

}  // namespace durable_streams::storage
