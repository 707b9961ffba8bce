// Builds the index from the records of runs and log at start.
//
// The footers of large runs are replayed by several threads, each with its part of
// the shards (replay_part.h); all else by the caller's. The index is the same
// whatever their number: a shard's streams are always one part's, and each part is
// shown all records in their order.
//
// Threads: one uses the object.
#pragma once

#include <cstdint>
#include <deque>

#include "storage/replay_part.h"
#include "storage/run_file.h"
#include "storage/run_recovery.h"

namespace durable_streams::storage {

struct ReplayOptions {
  size_t threads = 1;  // > 0

  // Fewer entries of a run are not worth threads.
  uint64_t parallel_entries_min = 16 * 1024;
};

class LogReplay {
 public:
  // The references must outlive the object.
  LogReplay(StreamTable& table, ConfigPool& configs, const ReplayOptions& options = {});

  // Applies the next record, which is at `place`. False if it makes no sense after
  // those before it. Of a run's records the heads are enough.
  bool apply(const RecordView& record, const RecordPlace& place);

  // Applies the next run, whose id in the LogFiles is `id`. Returns how many bytes its
  // records with data have.
  //
  // Errors: as RunFile::for_each_entry(). With several threads the place that
  // Errc::corruption names may not be the first: one thread is to start anew on a
  // cleared index then, and to tell.
  [[nodiscard]] Result<uint64_t> apply(const RunFile& run, uint32_t id);

  // After the last record. Reads renew a TTL in memory before they are worth a
  // record, so streams with a TTL get back what such reads may have added: until
  // now they were renewed no later than a grain after the stamp in the log, and
  // `newest_stream_ms` is all that counts of the time since.
  void finish(int64_t newest_stream_ms);

  // After finish(): tells the runs in `files` how much of them is in use.
  void count_live_bytes(const LogFiles& files) const;

  uint64_t highest_stream_id() const;

 private:
  [[nodiscard]] Result<uint64_t> apply_in_parallel(const RunFile& run, uint32_t id);
  void on_each_part(const std::function<void(size_t index)>& work);

  const uint64_t parallel_entries_min_;
  // All but the first part's. Streams of several parts would otherwise count one
  // configuration's users, in several threads, all the time.
  std::deque<ConfigPool> configs_;
  std::deque<ReplayPart> parts_;
};

}  // namespace durable_streams::storage
