// Clients that write to and read from a server which comes and goes, and keep
// book of it (history.h).
//
// Every request is repeated until the server has answered it for good, so that
// each outcome is known; what is answered against the protocol is a fault.
//
// Threads: each client runs on a thread of its own; its book may be read when
// that thread has ended.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "durable_streams/stream.h"
#include "history.h"

namespace durable_streams::process {

// Choices from a seed.
class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  uint64_t below(uint64_t bound) { return engine_() % bound; }
  bool one_in(uint64_t n) { return below(n) == 0; }

 private:
  std::mt19937_64 engine_;
};

// By path and number of the life.
using Lives = std::map<std::pair<std::string, uint32_t>, StreamLife>;

struct ClientBook {
  Lives lives;
  std::vector<std::string> faults;
  uint64_t acked_appends = 0;
  uint64_t retries = 0;
  uint64_t refusals_checked = 0;  // Duplicates, gaps, old epochs, closed streams.
};

// A stream of the server at `base_url`. Each request is sent once; it fails when no
// answer has come after more time than a slow disk takes.
client::Stream open_stream(const std::string& base_url, const std::string& path);

// The same with patience for a second or so, for who asks again (persist()).
client::Stream open_impatient_stream(const std::string& base_url,
                                     const std::string& path);

// Calls `call` until it succeeds or fails for a reason that lasts. Gives up after five
// minutes without an answer.
template <class Call>
auto persist(ClientBook& book, Call call) -> decltype(call());

// Owns some streams, which it makes, fills, closes, deletes and makes anew, and
// adds to others that it shares with all writers.
class Writer {
 public:
  Writer(std::string base_url, std::string name, std::vector<std::string> own_paths,
         std::vector<std::string> shared_paths, uint64_t seed);

  // Until `stop`; then the operation in progress is brought to its end.
  void run(const std::atomic<bool>& stop);
  ClientBook& book() { return book_; }
  // Of the book's acked_appends, for any thread.
  uint64_t acknowledged() const { return acknowledged_; }

 private:
  // One of its streams, and where its producer stands there.
  struct Target {
    std::string path;
    client::Stream stream;
    uint32_t life = 0;
    bool shared = false;
    bool closed = false;
    uint64_t events = 0;
    uint64_t epoch = 0;
    uint64_t seq = 0;  // Of the next append.
    std::string last_body = {};
  };

  void create(Target& target);
  void append(Target& target, bool and_close);
  void close(Target& target);
  void remove(Target& target);
  void check_refusals(Target& target);
  void expect_error(Target& target, client::Result<client::Appended> result,
                    client::ErrorCode expected, const char* what);
  client::Result<client::Appended> send(Target& target, const std::string& body,
                                        uint64_t epoch, uint64_t seq, bool close);
  StreamLife& life_of(const Target& target);
  std::string body_of(const std::string& event);

  const std::string name_;
  Dice dice_;
  std::vector<Target> targets_;
  ClientBook book_;
  std::atomic<uint64_t> acknowledged_{0};
};

// Follows one stream after the other, from its start, over all interruptions.
class Watcher {
 public:
  Watcher(std::string base_url, std::string name, std::vector<std::string> paths,
          uint64_t seed);

  void run(const std::atomic<bool>& stop);
  ClientBook& book() { return book_; }

 private:
  void follow(const std::string& path, const std::atomic<bool>& stop);

  const std::string base_url_;
  const std::string name_;
  const std::vector<std::string> paths_;
  Dice dice_;
  ClientBook book_;
};

// Reads each of the `lives` that is not deleted to its end, into last_read, and
// checks that reads resume at the offsets that acks have named.
void read_all(const std::string& base_url, Lives& lives, ClientBook& book, Dice dice);

}  // namespace durable_streams::process
