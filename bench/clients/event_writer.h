// Posts events to a stream from a thread of its own, one after the other, each
// once the one before was answered.
//
// Threads: construct, read counters and destroy from one thread.
// Lifetime: keeps `readers` by reference; it must outlive the writer.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "reader_set.h"

namespace durable_streams::bench {

class EventWriter {
 public:
  enum class Pace {
    flat_out,  // The next event once the last was acknowledged.
    lockstep,  // The next event once every reader has the last.
  };

  EventWriter(ReaderSet& readers, uint16_t port, const std::string& path, Pace pace);
  ~EventWriter();
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;

  // Ends the thread; readers must go on reading until finished() in lockstep.
  void stop() { stopping_.store(true, std::memory_order_relaxed); }
  bool finished() const { return finished_.load(std::memory_order_acquire); }

  uint64_t acknowledged() const {
    return acknowledged_.load(std::memory_order_relaxed);
  }
  // Answers other than 2xx; after the first one the writer stops.
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  // Lockstep only, valid once finished(): nanoseconds from sending an event until
  // the last reader had it, for each event.
  const std::vector<uint64_t>& spread_ns() const { return spread_ns_; }

 private:
  void run();
  bool post();

  ReaderSet& readers_;
  const Pace pace_;
  const int descriptor_;
  const std::string request_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> finished_{false};
  std::atomic<uint64_t> acknowledged_{0};
  std::atomic<uint64_t> refused_{0};
  std::vector<uint64_t> spread_ns_;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace durable_streams::bench
