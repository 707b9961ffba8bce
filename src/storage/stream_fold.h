// Folds what a range of the log says of one stream into fewer records that
// replay to the same: same tail, earliest offset and closure, same last epoch,
// seq and time of each producer, same Stream-Seqs, same stamp.
//
// The records of data become few and large. All else that a stream's records
// say is the newest of its kind: it rides on them as far as it can.
//
//   the stream was                    what is left
//   created and has ended inside      nothing
//   ended inside, created before      its end: a tombstone for what older files hold
//   ended behind the range            `gone`, in place of everything
//
// Pure: works on heads; who writes the records copies the data (DataPiece).
// Not thread-safe. Reused from stream to stream.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "storage/record.h"

namespace durable_streams::storage {

// Data of one record, in one of the files that are folded.
struct DataPiece {
  uint64_t position = 0;       // In the stream.
  uint32_t source = 0;         // Whose meaning is the caller's.
  uint32_t file_position = 0;  // Of the record.
  uint32_t bytes = 0;          // Of the record: header, meta and data.
  uint32_t data_bytes = 0;

  uint64_t end() const { return position + data_bytes; }
};

// Where a record is that is folded.
struct FoldSourcePlace {
  uint32_t source = 0;
  uint32_t file_position = 0;
  uint32_t bytes = 0;
};

// A record to be written. Its data are `pieces`, adjacent in the stream.
struct FoldedRecord {
  RecordKind kind = RecordKind::append;
  uint64_t position = 0;
  protocol::Unit unit;  // create, append, remove, expire; at_ms of a renewal.
  GoneHead gone;
  std::vector<DataPiece> pieces;
};

// What is known of a range besides its records.
struct FoldRange {
  LogPosition begin;
  LogPosition end;
  LogPosition log_end;  // Where the durable log ends now.
};

class StreamFold {
 public:
  // Pieces are joined up to this size. Large enough that a stream's extents stay
  // few, small enough that a page's head (boundaries, checksums) is short.
  static constexpr uint32_t joined_bytes_max = 256 * 1024;

  void begin(uint64_t stream_id);

  // The stream's next record; `head` may be without its data, and without the
  // rest of its meta (parse_state_meta()). For a log's renewals: renew().
  // False if it makes no sense after those before it.
  [[nodiscard]] bool add(const RecordView& head, const FoldSourcePlace& place);
  void renew(int64_t at_ms);
  // Another stream was created in its place.
  void replaced(int64_t at_ms);

  // The stream is known to have ended, durably, by `range.log_end`.
  void set_dead() { dead_ = true; }

  // All of it, folded. Positions ascend; a create comes first.
  std::vector<FoldedRecord> finish(const FoldRange& range);

  uint64_t stream_id() const { return stream_id_; }
  // The stream's bytes that the range has, or had before they were trimmed.
  uint64_t data_begin() const { return data_begin_; }
  uint64_t data_end() const { return data_end_; }
  const std::string& path() const { return path_; }  // With a create record.

 private:
  // What was used last at the `order`th record, at `at_ms`.
  struct Use {
    size_t order = 0;
    int64_t at_ms = 0;
  };
  struct ProducerUse {
    protocol::ProducerState state;
    Use use;
  };
  struct SeqUse {
    std::string value;
    Use use;
  };
  struct Ending {
    protocol::Unit::Kind kind = protocol::Unit::Kind::remove;
    int64_t at_ms = 0;
    uint64_t position = 0;
  };

  [[nodiscard]] bool change(const RecordView& head, const FoldSourcePlace& place);
  [[nodiscard]] bool trim(uint64_t earliest);
  void note_uses(RecordMeta& meta, int64_t at_ms);

  std::optional<FoldedRecord> ended(const FoldRange& range) const;
  std::vector<protocol::Unit> carriers() const;
  void join_pieces(std::vector<FoldedRecord>& out) const;
  void spread_carriers(std::vector<FoldedRecord>& out) const;
  void put_trims(std::vector<FoldedRecord>& out) const;

  uint64_t stream_id_ = 0;
  bool dead_ = false;
  std::string path_;
  protocol::ConfigPtr config_;  // Null: created before.
  std::vector<DataPiece> pieces_;
  uint64_t data_begin_ = 0;
  uint64_t data_end_ = 0;
  std::optional<uint64_t> tail_;  // Null while no record has told.
  std::optional<uint64_t> earliest_;
  std::optional<int64_t> stamp_ms_;
  std::map<std::string, ProducerUse> producers_;
  std::map<std::string, SeqUse> seqs_;
  std::optional<protocol::Unit> closing_;
  std::optional<Ending> ending_;
  std::optional<GoneHead> gone_;
  size_t records_ = 0;
};

}  // namespace durable_streams::storage
