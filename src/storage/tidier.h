// Makes runs of sealed segments, and fewer runs of runs, in the background
// (tidy_policy.h). What it writes replays to the same as what it replaces
// (stream_fold.h), so a crash at any moment leaves either or both.
//
// One job: read the sources, write a run beside them, make it durable; publish it
// (the streams' extents point into it from then on), then retire the sources and
// unlink them. Readers that have a source open finish with it; those that come too
// late look for the bytes again.
//
// It never delays a change: no lock is held over I/O, a shard's mutex only to
// exchange extents; writes are paced and synced in steps.
//
// An error leaves things as they were, and the job may be tried again. But a source
// with a bad byte is left alone until the next start; and if nobody knows whether a
// run got its name, nothing is tidied any more: the next start will know.
//
// Threads: add_sealed() from any; step() from one at a time.
// Lifetime: keeps all it is given by reference.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "storage/fold_run.h"
#include "storage/log_files.h"
#include "storage/stream_table.h"
#include "storage/tidy_policy.h"

namespace durable_streams::storage {

struct TidyOptions {
  // False: nothing is tidied but by LogEngine::tidy_step().
  bool enabled = true;

  // How fast runs are written, in the background, while little waits to be folded;
  // faster when more does.
  uint64_t bytes_per_second = 64 * 1024 * 1024;

  TidyRules rules = {};

  // Told of each error but a stop, in the background. May be empty.
  std::function<void(const Error&)> failed = {};
};

// A file that may be tidied.
struct TidySource {
  SegmentRange range;
  LogPosition begin;
  LogPosition end;
  uint64_t bytes = 0;
  uint64_t record_bytes = 0;  // Of a run: of its records with data.
  uint32_t id = 0;            // In the LogFiles.
  bool damaged = false;

  bool is_run() const { return id >= first_run_id; }
};

class Tidier {
 public:
  // Where the durable log ends, at the least: all that the index shows lies before.
  using LogEnd = std::function<LogPosition()>;

  // Runs go to `directory`; `sources` are what is there, in the order of the log.
  Tidier(TidyOptions options, FileSystem& file_system, std::string directory,
         SegmentDirectory& segments, LogFiles& files, StreamTable& table,
         uint64_t (*salt_source)(), LogEnd log_end, std::vector<TidySource> sources);
  ~Tidier() { stop(); }

  // The newest segment but the active one; what follows it in the log is durable.
  void add_sealed(const SealedSegment& segment);

  // Does one job; false if there was none.
  //
  // Errors: Errc::corruption (the sources are as they were, and will not be looked
  // at again), system codes.
  [[nodiscard]] Result<bool> step();

  // Begins and ends a thread that does what step() does. A job at hand is dropped.
  void start();
  void stop();

  // Bytes of sealed segments that wait to be folded.
  uint64_t debt_bytes() const;

 private:
  struct Job {
    TidyJob::Kind kind;
    std::vector<TidySource> sources;
  };

  std::optional<Job> next_job() const;
  [[nodiscard]] Result<void> fold(const Job& job);
  [[nodiscard]] Result<void> merge(const Job& job);
  [[nodiscard]] Result<void> make_run(const Job& job, FoldSource& source,
                                      const std::vector<uint64_t>* live);
  std::vector<uint64_t> live_streams();
  TidySource publish(RunWriter& run);
  void replace(const Job& job, const TidySource& by);
  void leave_alone(const Job& job);
  [[nodiscard]] Result<void> pace(uint64_t bytes);
  void run();

  const TidyOptions options_;
  FileSystem& file_system_;
  const std::string directory_;
  SegmentDirectory& segments_;
  LogFiles& files_;
  StreamTable& table_;
  uint64_t (*const salt_source_)();
  const LogEnd log_end_;

  mutable std::mutex mutex_;  // Guards what follows.
  std::condition_variable changed_;
  std::vector<TidySource> sources_;
  bool stopped_ = false;

  bool broken_ = false;  // step()'s: nothing is tidied any more.
  bool paced_ = false;   // Set before there is a thread.
  std::thread thread_;
};

}  // namespace durable_streams::storage
