// An edge-triggered epoll set for sockets, inside an Asio loop.
//
// Why not Asio's own sockets: per connection they keep a descriptor state and a
// pending operation (some 300 bytes, as much as all the rest of an idle
// reader), and waiting without a buffer costs an epoll_ctl per wait. Here a
// socket is registered once, for its life. The set's own descriptor is what
// Asio watches (io_thread.h), so everything else of Asio works beside it.
//
// Threads: one thread. Lifetime: targets are removed before they die.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>

#include "base/result.h"

namespace durable_streams::http {

class PollTarget {
 public:
  // `events`: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR. Edge-triggered:
  // told once, so read or write until the kernel has no more. May remove and
  // destroy any target, this one included.
  virtual void ready(uint32_t events) noexcept = 0;

 protected:
  ~PollTarget() = default;
};

class Poller {
 public:
  // A process without a free descriptor or memory for an epoll set cannot
  // serve at all: asserted.
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Watches for input, hang-up and errors; for room to write too while asked.
  // Errors: system codes (ENOSPC: too many watches, ENOMEM).
  [[nodiscard]] Result<void> add(int descriptor, PollTarget& target);
  void want_writable(int descriptor, PollTarget& target, bool wanted);

  // The target hears nothing more, not even of events already fetched.
  void remove(int descriptor, PollTarget& target);

  // Fetches what is ready, without waiting, and tells the targets; returns how
  // many events there were.
  size_t dispatch_ready();

  // Readable while something is ready.
  int descriptor() const { return descriptor_; }

 private:
  static constexpr size_t events_max = 256;

  int descriptor_;
  size_t fetched_ = 0;  // Events of the dispatch under way.
  size_t told_ = 0;     // Of these, handed to their targets.
  std::array<epoll_event, events_max> events_;
};

}  // namespace durable_streams::http
