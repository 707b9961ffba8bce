#include "request_pool.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "http_socket.h"

namespace durable_streams::bench {

RequestPool::RequestPool(uint16_t port, size_t connections)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) fail(std::string("epoll_create1: ") + std::strerror(errno));
  for (size_t i = 0; i < connections; ++i) {
    connections_.push_back({connect_to(port), 0, {}});
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_.back().descriptor, &event);
  }
}

RequestPool::~RequestPool() {
  for (const Connection& connection : connections_)
    ::close(connection.descriptor);
  ::close(epoll_);
}

uint64_t RequestPool::run(uint64_t count, const Write& write, const Check& check) {
  uint64_t next = 0, answered = 0, wrong = 0;
  for (Connection& connection : connections_) {
    if (next < count) send_next(connection, next++, write);
  }
  std::array<epoll_event, 256> events;
  while (answered < count) {
    const int ready =
        ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10'000);
    if (ready == 0) fail("no answer for ten seconds");
    for (int i = 0; i < ready; ++i) {
      Connection& connection = connections_[events[static_cast<size_t>(i)].data.u64];
      if (!receive(connection)) continue;
      const std::string_view answer = connection.received;
      const std::string_view body = answer.substr(answer.find("\r\n\r\n") + 4);
      wrong += !check(connection.index, status_of(answer), body);
      ++answered;
      if (next < count) send_next(connection, next++, write);
    }
  }
  return wrong;
}

void RequestPool::send_next(Connection& connection, uint64_t index,
                            const Write& write) {
  connection.index = index;
  connection.received.clear();
  request_.clear();
  write(index, request_);
  if (!send_all(connection.descriptor, request_)) fail("the server hung up");
}

bool RequestPool::receive(Connection& connection) {
  std::array<char, 8192> buffer;
  const ssize_t got = ::recv(connection.descriptor, buffer.data(), buffer.size(), 0);
  if (got < 0 && errno == EINTR) return false;
  if (got <= 0) fail("the server hung up");
  connection.received.append(buffer.data(), static_cast<size_t>(got));
  return connection.received.size() >= answer_bytes(connection.received);
}

}  // namespace durable_streams::bench
