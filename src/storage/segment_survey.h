// Walks a segment in which bytes may be bad, and finds all that is still good.
//
// Where SegmentScanner stops, this one goes on: at the next record that verifies
// inside the batch, or at the next batch. Seeded checksums make that safe: no
// payload can pass for a record.
//
// Pure: works on the segment's bytes in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "storage/record.h"

namespace durable_streams::storage {

// A piece of a segment: [from, to).
struct SurveyedPiece {
  enum class Kind {
    batch,   // A batch record.
    record,  // Any other.
    bad,     // Nothing that verifies. `record` is what the header at `from` says if
             // one record seems to fill the piece: its fields are not verified.
  };
  Kind kind = Kind::bad;
  uint32_t from = 0;
  uint32_t to = 0;
  std::optional<RecordView> record;
  BatchHead batch;
};

class SegmentSurvey {
 public:
  // `image` is the segment up to where the log in it ends; it must outlive the
  // survey and its records.
  SegmentSurvey(std::string_view image, uint32_t number, uint32_t seed);

  // Of records alone, without batches: what a run consists of.
  static SegmentSurvey of_records(std::string_view bytes, uint32_t seed);

  // The next piece; they are adjacent. nullopt at the end of the image.
  std::optional<SurveyedPiece> next();

 private:
  bool inside_batch() const { return position_ < batch_end_; }
  std::optional<RecordView> record_at(uint64_t position, uint64_t end);
  bool is_good_at(uint64_t position, uint64_t end);
  SurveyedPiece bad_piece();

  const std::string_view image_;
  const uint32_t number_;
  const uint32_t seed_;
  uint64_t position_;
  uint64_t batch_end_ = 0;  // Of the batch whose head verified last.
  uint64_t effort_left_;    // Bytes that looking for records may still sum up.
};

}  // namespace durable_streams::storage
