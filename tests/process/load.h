// Writers and watchers that use a server at once, each on a thread of its own,
// and the book that they keep together.
//
// Threads: used by one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "clients.h"

namespace durable_streams::process {

struct LoadOptions {
  std::string prefix = "load";  // Of the names of its streams.
  uint32_t writers = 4;
  uint32_t watchers = 3;
  uint64_t seed = 1;
};

class Load {
 public:
  // Begins at once.
  Load(const std::string& base_url, const LoadOptions& options);
  ~Load() { stop(); }

  // Appends that were acknowledged so far.
  uint64_t acknowledged() const;
  // Waits until `count` more are. False if that takes longer than five minutes.
  bool wait_for_more(uint64_t count) const;

  // Brings what is in progress to its end; the book is complete then.
  ClientBook& stop();

 private:
  std::atomic<bool> stop_{false};
  std::deque<Writer> writers_;
  std::deque<Watcher> watchers_;
  std::vector<std::thread> threads_;
  ClientBook book_;
};

// Reads what the server at `base_url` has of the book's streams, and adds what is
// wrong with it to the book's faults.
void check_book(const std::string& base_url, ClientBook& book, Dice dice);

}  // namespace durable_streams::process
