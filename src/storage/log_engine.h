// The engine that keeps streams in one log on disk (docs/storage-format.md).
//
// transact() decides under the stream's lock, applies the change to the admitted
// state and queues it. One committer writes what is queued as one batch with one
// write and one sync; only then is it durable: readers see it, listeners hear of
// it, transactions are settled. No append waits for a timer: the next batch
// gathers while this one syncs.
//
// A failed write or sync ends all writing: what was queued is settled `unknown`,
// health() says why, reads go on. Nothing is tried again; recovery decides at the
// next open().
//
// A tidier makes runs of the log's sealed segments meanwhile (tidier.h).
//
// A change that comes alone to a log at rest is committed by the thread that brings
// it, if the disk is quick: two hand-overs between threads would take as long as the
// disk does (docs/decisions/0026).
//
// Threads: as engine.h says. Three of its own, the committer, the supply of segments
// and the tidier, unless it is driven by step() and tidy_step().
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "storage/commit_queue.h"
#include "storage/data_directory.h"
#include "storage/engine_core.h"
#include "storage/extent_reader.h"
#include "storage/log_replay.h"
#include "storage/log_stream.h"
#include "storage/log_writer.h"
#include "storage/run_recovery.h"
#include "storage/segment_supply.h"
#include "storage/settlements.h"
#include "storage/tidier.h"

namespace durable_streams::storage {

// From the system's source of randomness.
uint64_t random_salt();

struct LogOptions {
  std::string data_dir;
  FileSystem& file_system;
  const Clock& clock;

  // Size of a segment; a longer record gets a segment of its own length.
  uint64_t segment_bytes = 64 * 1024 * 1024;
  // Space that is kept for deletions, closures and expiries on a full disk, and to
  // open it; at most one segment's.
  uint64_t reserve_bytes = 1024 * 1024;
  LockPolicy lock = {};

  TidyOptions tidying = {};
  ReplayOptions replay = {};

  // Files that are kept open for reads, besides the segment that is written.
  size_t open_files_max = 4;

  // False: no threads; the caller runs step() and tidy_step(). For tests.
  bool background = true;
  uint64_t (*salt_source)() = random_salt;
};

class LogEngine final : public EngineCore {
 public:
  // Takes the directory over, recovers what is in it, and is ready: all that
  // recovery kept is durable.
  //
  // Errors (storage::Errc): locked, unsupported_format, corruption; system codes.
  [[nodiscard]] static Result<std::unique_ptr<LogEngine>> open(LogOptions options);
  ~LogEngine() override;

  Result<Page> read(const OpenStream& stream, protocol::Offset from,
                    size_t bytes_max) const override;
  void begin_burst() override { queue_.begin_burst(); }
  void end_burst(bool thread_is_idle) override;
  Result<void> health() const override;
  void close() override;

  const RecoveryReport& recovery_report() const { return report_; }

  // Makes one batch durable and settles it. False if there was nothing to do, or
  // no space for it. For an engine without threads, and for its committer.
  bool step();

  // Does one job of the tidier's. False if there is none. For an engine without
  // threads, between two calls of step(). Errors: as Tidier::step().
  [[nodiscard]] Result<bool> tidy_step() { return tidier_->step(); }

 private:
  LogEngine(LogOptions& options, DataDirectory directory);

  // open(), in its order.
  Result<void> recover_log();
  Result<RecoveredRuns> replay_runs(std::optional<LogReplay>& replay);
  Result<void> copy_survivors(const std::vector<std::string>& survivors,
                              LogReplay& replay);
  void clean_up(const RecoveredRuns& runs, const RecoveredLog& log);
  void make_tidier(const RecoveredRuns& runs, const RecoveredLog& log);
  [[nodiscard]] Result<SegmentPtr> take_first_segment(const RecoveredLog& log);
  void cut_zeros(uint32_t number);
  void start();

  [[nodiscard]] Result<Page> try_read(const LogStream& entry, protocol::Offset from,
                                      size_t bytes_max) const;

  std::optional<Refusal> refuse(uint64_t bytes, bool frugal) override;
  bool has_frugal_room(uint64_t bytes) const;
  void submit(Change change) override;
  void settle_unchanged(const EntryPtr& stream, Transaction& transaction) override;
  EntryPtr make_entry(StreamShard& shard, std::string_view path, uint64_t stream_id,
                      protocol::ConfigPtr config) override;
  void store(Change& change) override;
  void release(StreamEntry& stream) override;
  void watched_changed(RareState& state) override;

  // The committer's work: `work_mutex_` is held, but in an engine without threads.
  void run();
  bool commit_lone();
  bool roll();
  void note_sealed();
  size_t fill_batch();
  void commit_batch(size_t end);
  void note_pace(size_t changes, int64_t took_ms);
  uint64_t publish(size_t end);
  void settle(size_t end, Settlement settlement);
  void rest();
  void fail_writes(Error error);

  // Bytes of records that one batch gathers, about.
  static constexpr uint64_t batch_bytes_max = 8 * 1024 * 1024;
  static constexpr uint64_t recent_bytes_max = 64 * 1024 * 1024;
  // How long nothing must come before a mark is written.
  static constexpr int quiet_ms = 20;

  // A commit that takes longer makes the disk a slow one for a while. (Two, for a
  // clock of whole milliseconds may have just ticked.)
  static constexpr int64_t quick_commit_ms_max = 1;
  // So many quick commits of one change show a quick disk and a lone writer.
  static constexpr int lone_commits_min = 16;
  // A longer change would keep its thread for too long.
  static constexpr uint64_t lone_bytes_max = 64 * 1024;

  const DataDirectory directory_;
  SegmentDirectory segment_directory_;
  LogFiles files_;
  ExtentReader reader_;  // Uses files_.
  RecoveryReport report_;
  const SegmentSupply::Sizes sizes_;
  const bool background_;
  const Clock& clock_;
  std::optional<SegmentSupply> supply_;
  std::optional<LogWriter> writer_;  // The committer's, once open.
  std::optional<Tidier> tidier_;
  const ReplayOptions replay_options_;
  TidyOptions tidy_options_;  // Until there is a tidier.
  uint64_t (*const salt_source_)();
  RecentBytes::Budget recent_budget_{recent_bytes_max};

  CommitQueue queue_;
  std::atomic<uint64_t> queued_bytes_{0};
  std::atomic<uint64_t> active_room_{0};     // Bytes left in the active segment.
  std::atomic<uint64_t> durable_number_{0};  // Changes up to it are durable.
  std::atomic<uint64_t> durable_end_{0};     // Where the durable log ends, packed.
  std::atomic<bool> refusing_{false};        // Failed, or closing.

  mutable std::mutex health_mutex_;
  std::optional<Error> failure_;  // Guarded by health_mutex_.

  // Held by the committer while it works, and by who does its work in its place.
  std::mutex work_mutex_;

  // Guarded by work_mutex_.
  std::vector<Change> taken_;
  size_t next_ = 0;       // taken_ before it is done.
  int lone_commits_ = 0;  // Quick ones of one change, in a row.
  bool failed_ = false;
  bool mark_due_ = false;
  uint64_t batches_ = 0;
  const RecordPlace* place_ = nullptr;   // Of the change being published.
  LogPosition active_begin_;             // What the active segment continues.
  std::optional<SealedSegment> sealed_;  // Its successor has no batch yet.
  Renewals renewals_;
  Settlements settlements_;
  std::vector<Transaction*> waiters_;

  bool closed_ = false;
  std::thread committer_;
};

}  // namespace durable_streams::storage
