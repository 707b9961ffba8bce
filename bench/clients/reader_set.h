// Many SSE readers of one stream on one thread (epoll). They count messages and
// look at nothing else, so that a delivery costs the client as little as it can.
//
// A message is counted by its marker (event.h).
//
// Threads: one, but for delivered() and for the goal, which another may wait for.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace durable_streams::bench {

class ReaderSet {
 public:
  // Connects `count` readers, a few at a time, and waits until each has its
  // first control event: then it waits at the tail. Fails after `timeout_s`.
  ReaderSet(uint16_t port, const std::string& path, size_t count, unsigned timeout_s);
  ~ReaderSet();
  ReaderSet(const ReaderSet&) = delete;
  ReaderSet& operator=(const ReaderSet&) = delete;

  // Reads what has come, waiting up to `timeout_ms` for the first of it.
  void poll(int timeout_ms);

  // One thread may wait until delivered() reaches a goal: it sets the goal before
  // it causes the deliveries, then waits. Returns the moment (now_ns()) at which
  // the goal was reached; 0 if stop_waiter() came first.
  void set_goal(uint64_t goal) { goal_.store(goal, std::memory_order_release); }
  uint64_t wait_for_goal(uint64_t goal) const;
  void stop_waiter();

  size_t size() const { return readers_.size(); }
  // Messages, over all readers.
  uint64_t delivered() const { return delivered_.load(std::memory_order_acquire); }
  // Reads that brought at least one message: how often a reader was woken.
  uint64_t wakes() const { return wakes_; }
  // Readers whose connection ended.
  size_t lost() const { return lost_; }
  // Messages that are missing, and that came too often, if each reader should
  // have between `least` and `most`.
  uint64_t missing(uint64_t least) const;
  uint64_t doubled(uint64_t most) const;

 private:
  struct Reader {
    int descriptor = -1;
    bool waiting = false;  // Had its first control event.
    uint64_t messages = 0;
    std::string opening;  // What came before that event.
  };

  void open(size_t index, uint16_t port, const std::string& request);
  void read(Reader& reader);
  void look_for_control(Reader& reader, const char* bytes, size_t size);
  void count(Reader& reader, const char* bytes, size_t size);

  static constexpr uint64_t stopped = UINT64_MAX;

  int epoll_;
  std::vector<Reader> readers_;
  std::vector<char> buffer_;
  size_t waiting_ = 0;
  size_t lost_ = 0;
  uint64_t wakes_ = 0;
  std::atomic<uint64_t> delivered_{0};
  std::atomic<uint64_t> goal_{stopped};
  std::atomic<uint64_t> reached_goal_{0};
  uint64_t reached_at_ns_ = 0;  // Published by reached_goal_.
};

}  // namespace durable_streams::bench
