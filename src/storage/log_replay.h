// Builds the index from the records of runs and log at start.
//
// Threads: one; the streams are nobody else's yet.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>

#include "storage/config_pool.h"
#include "storage/log_stream.h"
#include "storage/record.h"
#include "storage/stream_table.h"

namespace durable_streams::storage {

class LogReplay {
 public:
  // Both must outlive the object.
  LogReplay(StreamTable& table, ConfigPool& configs)
      : table_(table), configs_(configs) {}

  // Applies the next record, which is at `place`. False if it makes no sense after
  // those before it. Of a run's records the heads are enough.
  bool apply(const RecordView& record, const RecordPlace& place);

  // After the last record. Reads renew a TTL in memory before they are worth a
  // record, so streams with a TTL get back what such reads may have added: until
  // now they were renewed no later than a grain after the stamp in the log, and
  // `newest_stream_ms` is all that counts of the time since.
  void finish(int64_t newest_stream_ms);

  uint64_t highest_stream_id() const { return highest_stream_id_; }
  size_t streams() const { return by_id_.size(); }

 private:
  bool create(const RecordView& record, const RecordPlace& place);
  bool append(LogStream& stream, const RecordView& record, const RecordPlace& place);
  bool change(LogStream& stream, const RecordView& record, RecordMeta& meta,
              const RecordPlace& place);
  bool end(LogStream& stream);
  bool trim(LogStream& stream, const RecordView& record);
  bool gone(const RecordView& record);
  bool renew(const RecordView& record);

  StreamTable& table_;
  ConfigPool& configs_;
  // Null: the stream is gone, what follows of it does not count.
  boost::unordered_flat_map<uint64_t, LogStreamPtr> by_id_;
  uint64_t highest_stream_id_ = 0;
};

}  // namespace durable_streams::storage
