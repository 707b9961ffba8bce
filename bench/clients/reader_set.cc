#include "reader_set.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "event.h"
#include "http_socket.h"

namespace durable_streams::bench {

namespace {

constexpr size_t opening_at_once = 64;
constexpr size_t opening_bytes_max = 16 * 1024;

}  // namespace

ReaderSet::ReaderSet(uint16_t port, const std::string& path, size_t count,
                     unsigned timeout_s)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), readers_(count), buffer_(256 * 1024) {
  if (epoll_ < 0) fail(std::string("epoll_create1: ") + std::strerror(errno));
  const std::string request = get_request(path + "?offset=now&live=sse");
  const uint64_t deadline_ns = now_ns() + uint64_t{timeout_s} * 1'000'000'000;
  size_t opened = 0;
  while (waiting_ < count) {
    for (; opened < count && opened - waiting_ < opening_at_once; ++opened) {
      open(opened, port, request);
    }
    poll(100);
    if (lost_ > 0) fail("a reader's connection ended before its first event");
    if (now_ns() > deadline_ns) {
      fail(std::to_string(waiting_) + " of " + std::to_string(count) +
           " readers have had a control event in time");
    }
  }
}

ReaderSet::~ReaderSet() {
  for (const Reader& reader : readers_) {
    if (reader.descriptor >= 0) ::close(reader.descriptor);
  }
  ::close(epoll_);
}

void ReaderSet::open(size_t index, uint16_t port, const std::string& request) {
  Reader& reader = readers_[index];
  reader.descriptor = connect_to(port);
  if (!send_all(reader.descriptor, request)) fail("the server closed a connection");
  ::fcntl(reader.descriptor, F_SETFL, O_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = index;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, reader.descriptor, &event) != 0) {
    fail(std::string("epoll_ctl: ") + std::strerror(errno));
  }
}

void ReaderSet::poll(int timeout_ms) {
  std::array<epoll_event, 256> events;
  const int ready =
      ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
  for (int i = 0; i < ready; ++i)
    read(readers_[events[static_cast<size_t>(i)].data.u64]);
}

void ReaderSet::read(Reader& reader) {
  const ssize_t received = ::recv(reader.descriptor, buffer_.data(), buffer_.size(), 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (received <= 0) {
    ::close(reader.descriptor);
    reader.descriptor = -1;
    ++lost_;
    return;
  }
  const auto size = static_cast<size_t>(received);
  if (!reader.waiting) look_for_control(reader, buffer_.data(), size);
  count(reader, buffer_.data(), size);
}

void ReaderSet::look_for_control(Reader& reader, const char* bytes, size_t size) {
  reader.opening.append(bytes, size);
  const int status = status_of(reader.opening);
  if (reader.opening.size() >= 12 && status != 200) {
    fail("a reader got " + reader.opening.substr(0, reader.opening.find('\r')));
  }
  if (reader.opening.find("event: control") == std::string::npos) {
    if (reader.opening.size() > opening_bytes_max) fail("no control event in sight");
    return;
  }
  reader.waiting = true;
  ++waiting_;
  std::string().swap(reader.opening);
}

void ReaderSet::count(Reader& reader, const char* bytes, size_t size) {
  uint64_t messages = 0;
  const char* const end = bytes + size;
  while (const void* found =
             std::memchr(bytes, message_marker, static_cast<size_t>(end - bytes))) {
    ++messages;
    bytes = static_cast<const char*>(found) + 1;
  }
  if (messages == 0) return;
  reader.messages += messages;
  ++wakes_;
  const uint64_t before = delivered_.fetch_add(messages, std::memory_order_acq_rel);
  const uint64_t goal = goal_.load(std::memory_order_acquire);
  if (before < goal && before + messages >= goal) {
    reached_at_ns_ = now_ns();
    reached_goal_.store(goal, std::memory_order_release);
    reached_goal_.notify_all();
  }
}

uint64_t ReaderSet::wait_for_goal(uint64_t goal) const {
  for (;;) {
    const uint64_t reached = reached_goal_.load(std::memory_order_acquire);
    if (reached == goal) return reached_at_ns_;
    if (reached == stopped) return 0;
    reached_goal_.wait(reached, std::memory_order_acquire);
  }
}

void ReaderSet::stop_waiter() {
  reached_goal_.store(stopped, std::memory_order_release);
  reached_goal_.notify_all();
}

uint64_t ReaderSet::missing(uint64_t least) const {
  uint64_t sum = 0;
  for (const Reader& reader : readers_)
    sum += least - std::min(least, reader.messages);
  return sum;
}

uint64_t ReaderSet::doubled(uint64_t most) const {
  uint64_t sum = 0;
  for (const Reader& reader : readers_) {
    sum += std::max(most, reader.messages) - most;
  }
  return sum;
}

}  // namespace durable_streams::bench
