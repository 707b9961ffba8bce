#include "storage/segment_scanner.h"

#include <algorithm>

#include "storage/segment.h"
#include "storage/wire.h"

namespace durable_streams::storage {
std::optional<BatchHead> batch_at(std::string_view image, uint32_t number,
                                  uint32_t seed, uint64_t position) {
  if (position > image.size()) return std::nullopt;
  const auto record = parse_record(image.substr(position, batch_record_bytes), seed);
  auto batch = record ? parse_batch(*record) : std::nullopt;
  const LogPosition self{number, static_cast<uint32_t>(position)};
  return batch && batch->self == self ? batch : std::nullopt;
}

SegmentScanner::SegmentScanner(std::string_view image, uint32_t number, uint32_t seed)
    : image_(image),
      number_(number),
      seed_(seed),
      position_(segment_header_bytes),
      batch_end_(segment_header_bytes) {}

std::optional<RecordView> SegmentScanner::next() {
  if (position_ >= image_.size()) return std::nullopt;
  const bool expects_batch = position_ == batch_end_;
  if (expects_batch && batch_records_left_ != 0) return std::nullopt;
  const uint64_t end =
      expects_batch ? image_.size() : std::min(batch_end_, image_.size());
  const auto record = parse_record(image_.substr(position_, end - position_), seed_);
  if (!record || (record->kind == RecordKind::batch) != expects_batch)
    return std::nullopt;

  if (expects_batch) {
    const auto batch = batch_at(image_, number_, seed_, position_);
    if (!batch) return std::nullopt;
    batch_ = *batch;
    batch_records_left_ = batch->records;
    batch_end_ = uint64_t{position_} + batch_record_bytes + batch->bytes;
  } else {
    if (batch_records_left_ == 0) return std::nullopt;
    --batch_records_left_;
  }
  record_position_ = position_;
  position_ += static_cast<uint32_t>(record->size());
  return record;
}

std::optional<BatchHead> first_batch(std::string_view image, uint32_t number,
                                     uint32_t seed) {
  SegmentScanner scanner(image, number, seed);
  if (!scanner.next()) return std::nullopt;
  while (scanner.batch_records_left() > 0) {
    if (!scanner.next()) return std::nullopt;
  }
  return scanner.batch();
}

LogPosition highest_synced_through(std::string_view image, uint32_t number,
                                   uint32_t seed, uint32_t from) {
  LogPosition highest;
  constexpr size_t self_at = 16;  // record.h: where a batch record names itself.
  // A batch record may end in zeros.
  image = image.substr(0, used_end(image) + batch_record_bytes);
  for (uint64_t position = from; position + batch_record_bytes <= image.size();
       ++position) {
    const LogPosition self{number, static_cast<uint32_t>(position)};
    const char* const at = image.data() + position;
    if (wire::get_fixed<uint64_t>(at + self_at) != self.packed()) continue;
    if (const auto batch = batch_at(image, number, seed, position)) {
      highest = std::max(highest, batch->synced_through);
    }
  }
  return highest;
}

uint32_t used_end(std::string_view image) {
  // By words first: most of a new segment is zeros.
  size_t end = image.size();
  while (end >= sizeof(uint64_t) &&
         wire::get_fixed<uint64_t>(image.data() + end - sizeof(uint64_t)) == 0) {
    end -= sizeof(uint64_t);
  }
  while (end > 0 && image[end - 1] == '\0')
    --end;
  return static_cast<uint32_t>(end);
}

}  // namespace durable_streams::storage
