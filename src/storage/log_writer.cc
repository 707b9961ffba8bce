#include "storage/log_writer.h"

#include <utility>

#include "base/assert.h"

namespace durable_streams::storage {

LogWriter::LogWriter(SegmentPtr active, LogPosition synced_through)
    : active_(std::move(active)),
      log_end_(synced_through),
      synced_through_(synced_through) {}

void LogWriter::roll(SegmentPtr next) {
  DS_ASSERT(next->number > active_->number && records_ == 0);
  active_ = std::move(next);
  position_ = segment_header_bytes;
  // A mark behind it is in no sync: the log goes on where it is surely durable.
  log_end_ = synced_through_;
  last_record_end_ = 0;
}

bool LogWriter::fits(uint64_t bytes) const {
  return batch_bytes_ + bytes <= room();
}

void LogWriter::begin_batch() {
  buffer_.resize(batch_record_bytes);  // Filled by write_batch().
  splits_.clear();
  places_.clear();
  batch_bytes_ = batch_record_bytes;
  records_ = 0;
}

void LogWriter::add(const Change& change) {
  const size_t start = buffer_.size();
  const StreamEntry& stream = *change.stream;
  const std::string& payload = change.unit->payload.bytes;
  append_unit_head(
      buffer_, active_->seed, *change.unit,
      {stream.path(), stream.stream_id(), change.position, change.replaces});
  const size_t record_bytes = buffer_.size() - start + payload.size();
  DS_ASSERT(record_bytes <= change.queued_bytes);
  if (payload.size() <= copied_bytes_max) {
    buffer_ += payload;
  } else {
    splits_.push_back({buffer_.size(), payload});
  }
  note_record(record_bytes, payload.size());
}

void LogWriter::add_renewals(const Renewals& renewals) {
  const size_t start = buffer_.size();
  append_renewals(buffer_, active_->seed, renewals);
  note_record(buffer_.size() - start, 0);
}

void LogWriter::add_copy(std::string_view record) {
  const auto view = parse_header(record);
  DS_ASSERT(view && view->size() == record.size());
  const size_t start = buffer_.size();
  buffer_ += record;
  reseed_record(buffer_.data() + start, record.size(), active_->seed);
  note_record(record.size(), view->data_bytes);
}

void LogWriter::note_record(size_t bytes, size_t data_bytes) {
  RecordPlace place;
  place.segment = active_->number;
  place.position = static_cast<uint32_t>(position_ + batch_bytes_);
  place.bytes = static_cast<uint32_t>(bytes);
  place.data_bytes = static_cast<uint32_t>(data_bytes);
  place.previous_end = last_record_end_;
  places_.push_back(place);
  batch_bytes_ += bytes;
  last_record_end_ = place.position + place.bytes;
  ++records_;
}

Result<void> LogWriter::commit(int64_t stream_ms, uint64_t next_stream_id) {
  if (auto written = write_batch(stream_ms, next_stream_id); !written) return written;
  if (auto synced = active_->file->sync(); !synced) return synced;
  synced_through_ = log_end_;
  records_ = 0;
  return {};
}

Result<void> LogWriter::write_mark(int64_t stream_ms, uint64_t next_stream_id) {
  if (room() < batch_record_bytes) return {};
  begin_batch();
  return write_batch(stream_ms, next_stream_id);
}

Result<void> LogWriter::write_batch(int64_t stream_ms, uint64_t next_stream_id) {
  DS_ASSERT(batch_bytes_ <= room());
  BatchHead head;
  head.self = {active_->number, position_};
  head.synced_through = synced_through_;
  head.continues = log_end_;
  head.at_ms = stream_ms;
  head.next_stream_id = next_stream_id;
  head.bytes = static_cast<uint32_t>(batch_bytes_ - batch_record_bytes);
  head.records = records_;
  put_batch_head(buffer_.data(), active_->seed, head);

  pieces_.clear();
  size_t written = 0;
  const std::string_view buffer = buffer_;
  for (const Split& split : splits_) {
    pieces_.push_back(buffer.substr(written, split.buffer_size - written));
    pieces_.push_back(split.payload);
    written = split.buffer_size;
  }
  pieces_.push_back(buffer.substr(written));
  if (auto done = active_->file->write_at(position_, pieces_); !done) return done;
  position_ += static_cast<uint32_t>(batch_bytes_);
  log_end_ = {active_->number, position_};
  return {};
}

}  // namespace durable_streams::storage
