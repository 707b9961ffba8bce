// The signals that tell a server to stop or to read its keys again, without a
// descriptor for them.
//
// Threads: one waits; any may be the one that the system interrupts.
#pragma once

#include <chrono>

namespace durable_streams::server {

// From construction on SIGTERM, SIGINT and SIGHUP are noted instead of ending the
// process. One object at a time (asserted).
class ProcessSignals {
 public:
  ProcessSignals();
  ~ProcessSignals();
  ProcessSignals(const ProcessSignals&) = delete;
  ProcessSignals& operator=(const ProcessSignals&) = delete;

  // Waits for a signal, `most` at the longest. Returns one that has come since it was
  // last returned, a stop before SIGHUP; 0: none.
  int wait(std::chrono::milliseconds most);
};

}  // namespace durable_streams::server
