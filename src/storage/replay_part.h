// A part of the index while it is built from the records of runs and log: the
// streams of some of the shards.
//
// Each part is shown every record, in the order of the log, and takes those of its
// own streams. What names no path is known by the stream's id to the part that saw
// the creation; so of a record that makes sense exactly one part says that it took
// it.
//
// Threads: one each; the parts of one index may be used at the same time. The streams
// are nobody else's yet.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>

#include "storage/config_pool.h"
#include "storage/log_stream.h"
#include "storage/record.h"
#include "storage/stream_table.h"

namespace durable_streams::storage {

class ReplayPart {
 public:
  // Part `index` of `parts`. Both references must outlive the object.
  ReplayPart(StreamTable& table, ConfigPool& configs, size_t index, size_t parts)
      : table_(table), configs_(configs), index_(index), parts_(parts) {}

  enum class Verdict {
    taken,
    not_mine,  // Another part may know it.
    nonsense,  // After those before it.
  };

  // Applies the next record, which is at `place`. Of a run's records the heads are
  // enough.
  Verdict apply(const RecordView& record, const RecordPlace& place);

  // Before the first record: so many streams are about to come, with those of other
  // parts. Saves growing.
  void expect(uint64_t streams);

  // As LogReplay::finish().
  void finish(int64_t newest_stream_ms);

  // After finish(): bytes of records that its streams have in each run, by id.
  const boost::unordered_flat_map<uint32_t, uint64_t>& live_bytes() const {
    return live_bytes_;
  }
  uint64_t highest_stream_id() const { return highest_stream_id_; }

 private:
  Verdict create(const RecordView& record, const RecordPlace& place);
  Verdict gone(const RecordView& record);
  Verdict renew(const RecordView& record);
  bool append(LogStream& stream, const RecordView& record, const RecordPlace& place);
  bool change(LogStream& stream, const RecordView& record, RecordMeta& meta,
              const RecordPlace& place);
  void end(LogStream& stream);
  bool trim(LogStream& stream, const RecordView& record);

  // Of what concerns all parts, one says that it took it.
  Verdict taken_once() const {
    return index_ == 0 ? Verdict::taken : Verdict::not_mine;
  }

  StreamTable& table_;
  ConfigPool& configs_;
  const size_t index_;
  const size_t parts_;
  boost::unordered_flat_map<uint64_t, LogStream*> by_id_;  // The table's.
  // What follows of these does not count. The same in all parts.
  boost::unordered_flat_set<uint64_t> gone_;
  protocol::ConfigPtr config_;  // Of the stream created last: the next one's, often.
  uint64_t highest_stream_id_ = 0;
  boost::unordered_flat_map<uint32_t, uint64_t> live_bytes_;
};

}  // namespace durable_streams::storage
