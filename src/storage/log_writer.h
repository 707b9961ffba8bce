// Writes batches of records to the active segment, one write and one sync each.
//
// A batch is begun, filled, and committed; then its records are durable, in the
// order of add(), and located() tells where each one is.
//
// Threads: one at a time, who does the committer's work (or the opener).
// Errors: after a failed write or sync nobody knows what the disk holds. The
// writer must not be used again.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/change.h"
#include "storage/record.h"
#include "storage/segment.h"

namespace durable_streams::storage {

// Where a record is, and whether it is adjacent to another.
struct RecordPlace {
  uint32_t segment = 0;
  uint32_t position = 0;
  uint32_t bytes = 0;  // Header, meta and data.
  uint32_t data_bytes = 0;
  // Where the log's record before this one ends, in the same segment, else 0.
  // Between the two there are at most batch records.
  uint32_t previous_end = 0;
};

class LogWriter {
 public:
  // `synced_through`: where the log ends that this writer continues.
  LogWriter(SegmentPtr active, LogPosition synced_through);

  // Continues in `next`: the segment that the next batch begins.
  void roll(SegmentPtr next);

  // Whether the open batch has room for records of `bytes` more.
  bool fits(uint64_t bytes) const;
  // Whether an empty active segment would have it.
  static uint64_t capacity_for(uint64_t bytes) {
    return segment_header_bytes + room_for(bytes);
  }

  // What a batch with records of `bytes` takes.
  static uint64_t room_for(uint64_t bytes) { return batch_record_bytes + bytes; }

  // The active segment's number.
  uint32_t segment() const { return active_->number; }

  // Where the log ends, as far as it was committed, or behind a mark.
  LogPosition log_end() const { return log_end_; }

  // Bytes that are left in the active segment.
  uint64_t room() const { return active_->capacity - position_; }

  void begin_batch();
  // The unit's payload must stay as it is until commit().
  void add(const Change& change);
  void add_renewals(const Renewals& renewals);
  // A record from another segment, whole and valid.
  void add_copy(std::string_view record);

  uint32_t batch_records() const { return records_; }
  uint64_t batch_bytes() const { return batch_bytes_; }

  // Writes and syncs the open batch, which may have no records.
  [[nodiscard]] Result<void> commit(int64_t stream_ms, uint64_t next_stream_id);

  // The places of the committed batch's records, but of renewals.
  std::span<const RecordPlace> located() const { return places_; }

  // Writes a batch without records and does not sync it: it tells recovery that
  // what lies before it was durable. No effect if the segment has no room.
  [[nodiscard]] Result<void> write_mark(int64_t stream_ms, uint64_t next_stream_id);

  // Syncs what write_mark() wrote.
  [[nodiscard]] Result<void> sync() { return active_->file->sync(); }

 private:
  // Payloads from here on are written from where they are, not copied.
  static constexpr size_t copied_bytes_max = 16 * 1024;

  [[nodiscard]] Result<void> write_batch(int64_t stream_ms, uint64_t next_stream_id);
  void note_record(size_t bytes, size_t data_bytes);

  SegmentPtr active_;
  uint32_t position_ = segment_header_bytes;  // Where the next batch goes.
  uint32_t last_record_end_ = 0;              // In the active segment, else 0.
  LogPosition log_end_;                       // Where the last batch ends.
  LogPosition synced_through_;

  // The open batch. Payloads that are not copied split the buffer's bytes.
  struct Split {
    size_t buffer_size;  // Of the buffer when the payload was added.
    std::string_view payload;
  };
  std::string buffer_;
  std::vector<Split> splits_;
  std::vector<std::string_view> pieces_;
  std::vector<RecordPlace> places_;
  uint64_t batch_bytes_ = 0;  // Batch record and records.
  uint32_t records_ = 0;
};

}  // namespace durable_streams::storage
