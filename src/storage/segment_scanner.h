// Walks the records of a segment, from its beginning to the first that is not
// there or does not verify.
//
// A record counts only inside a batch: a batch record tells how many bytes of
// records follow it. Pure: works on a segment's bytes in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "storage/record.h"

namespace durable_streams::storage {

class SegmentScanner {
 public:
  // `image` is the whole file; it must outlive the scanner and its records.
  SegmentScanner(std::string_view image, uint32_t number, uint32_t seed);

  // The next record, batch records included; nullopt at the first bad byte, and
  // from then on.
  std::optional<RecordView> next();

  // Where the next record would begin: after a nullopt, the first bad byte.
  uint32_t position() const { return position_; }

  // Where the last record that next() gave begins.
  uint32_t record_position() const { return record_position_; }

  // The batch that the last record belongs to, or opens.
  const BatchHead& batch() const { return batch_; }
  // Records of batch() that were not given yet.
  uint32_t batch_records_left() const { return batch_records_left_; }

 private:
  const std::string_view image_;
  const uint32_t number_;
  const uint32_t seed_;
  uint32_t position_;
  uint32_t record_position_ = 0;
  uint64_t batch_end_;
  uint32_t batch_records_left_ = 0;
  BatchHead batch_;
};

// The first batch of a segment, if all of it verifies: then the segment is part
// of the log. `image` may be just as much of the file.
std::optional<BatchHead> first_batch(std::string_view image, uint32_t number,
                                     uint32_t seed);

// The batch record at `position`, if one verifies there.
std::optional<BatchHead> batch_at(std::string_view image, uint32_t number,
                                  uint32_t seed, uint64_t position);

// Looks behind a bad byte for batch records that verify where they stand; returns
// the highest position that they know to be durable. Nothing is found in what a
// crash has torn: a batch is written only after the one before it was synced.
LogPosition highest_synced_through(std::string_view image, uint32_t number,
                                   uint32_t seed, uint32_t from);

// The end of what is not zero in `image`.
uint32_t used_end(std::string_view image);

}  // namespace durable_streams::storage
