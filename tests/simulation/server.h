// The storage engine under simulation, without threads, on a simulated disk:
// one life of it after another.
//
// Errors: what the engine must not do is thrown as a Failure.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "model.h"
#include "plan.h"
#include "request.h"
#include "storage/log_engine.h"
#include "testing/manual_clock.h"
#include "testing/simulated_file_system.h"

namespace durable_streams::simulation {

// The promise that was broken, in a sentence.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The disk failed a read. Right, if that was the plan.
class ReadFailure : public Failure {
 public:
  using Failure::Failure;
};

class Server {
 public:
  // `plan` must outlive the object.
  explicit Server(const Plan& plan);
  ~Server();

  // Starts a life with `trouble` ahead, counted from now; what open() returned.
  Result<void> start(const Trouble& trouble);
  bool is_running() const { return engine_ != nullptr; }
  // Trouble counted from now.
  void arm(const Trouble& trouble);

  // Ends the life: cleanly, as far as the disk lets it; or at once. The disk is
  // left to be switched on or taken over.
  void stop();
  void crash();
  // What the next life will find.
  void come_back(const Trouble& trouble);

  storage::LogEngine& engine() { return *engine_; }
  testing::SimulatedFileSystem& disk() { return disk_; }
  testing::ManualClock& clock() { return clock_; }
  CompletionQueue& home() { return home_; }
  Time now() const;

  // Makes one batch durable; false if there was nothing to do, or nothing could be.
  bool step() { return engine_->step(); }

  // Whether the planned trouble has come, in this life.
  bool has_failed_by_plan() const;

  // A page of `stream`. Throws ReadFailure for an error of the system.
  Result<storage::Page> read(const storage::OpenStream& stream, protocol::Offset from,
                             size_t bytes_max);

  // Whether `stream` is past its time.
  bool is_hidden(const storage::OpenStream& stream) const;

  // All that is shown at `path`; nullopt if there is no stream. With
  // `admitted`, what the next decision sees too.
  std::optional<Observed> observe(const std::string& path, size_t page_bytes,
                                  bool with_admitted);

 private:
  class Look;

  Observed::Admitted look_at_admitted(const std::string& path);

  const Plan& plan_;
  testing::ManualClock clock_;
  testing::SimulatedFileSystem disk_;
  CompletionQueue home_{[] {}};
  std::unique_ptr<Look> look_;  // The last one; outlives the engine.
  std::unique_ptr<storage::LogEngine> engine_;
  Trouble armed_;
  uint64_t armed_at_ = 0;  // Operations, or looks, by then.
};

}  // namespace durable_streams::simulation
