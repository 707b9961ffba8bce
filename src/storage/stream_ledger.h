// What the records of a store say of its streams, for tools that look at stores
// in which something may be lost.
//
// Takes verified records in the order of the log (of runs: stream by stream).
// Where a stream's records are not adjacent, something between them was lost.
//
// Not thread-safe.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "storage/record.h"

namespace durable_streams::storage {

struct LedgerStream {
  std::string path;  // Empty if its creation was lost.
  uint64_t earliest = 0;
  uint64_t tail = 0;
  uint64_t record_bytes = 0;   // In files, of all its records,
  uint64_t data_bytes = 0;     // and of the data in them.
  uint32_t losses_before = 0;  // Losses noted before its last record.
  bool has_ended = false;
  bool is_closed = false;
  bool is_gone = false;  // Ended behind a run; what follows does not count.
};

// Bytes [from, to) of a stream are nowhere.
struct StreamHole {
  uint64_t stream_id = 0;
  uint64_t from = 0;
  uint64_t to = 0;
  // The loss is one of those numbered (losses_before, losses_after].
  uint32_t losses_before = 0;
  uint32_t losses_after = 0;
  bool creation_lost = false;
};

class StreamLedger {
 public:
  using Streams = boost::unordered_flat_map<uint64_t, LedgerStream>;

  // Something was lost here, between the records before and those that follow.
  // Losses are numbered from 1; returns the number.
  uint32_t note_loss() { return ++losses_; }

  // False if the record makes no sense, whatever was lost. `head` may be without
  // its data; `record_bytes`: what it takes in its file.
  [[nodiscard]] bool add(const RecordView& head, uint64_t record_bytes);

  // After the last record: a stream whose path was taken by a newer one has
  // ended.
  void finish();

  const Streams& streams() const { return streams_; }
  const LedgerStream* find(uint64_t stream_id) const;
  const std::vector<StreamHole>& holes() const { return holes_; }

 private:
  LedgerStream& stream_of(const RecordView& head);
  bool change(LedgerStream& stream, const RecordView& head);
  void skip_to(LedgerStream& stream, uint64_t stream_id, uint64_t position);

  Streams streams_;
  std::vector<StreamHole> holes_;
  uint32_t losses_ = 0;
};

}  // namespace durable_streams::storage
