#include "http/poller.h"

#include <unistd.h>

#include <cerrno>

#include "base/assert.h"

namespace durable_streams::http {
namespace {

constexpr uint32_t always = EPOLLIN | EPOLLRDHUP | EPOLLET;

epoll_event event_for(PollTarget& target, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &target;
  return event;
}

}  // namespace

Poller::Poller() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
  DS_ASSERT(descriptor_ >= 0);
}

Poller::~Poller() {
  ::close(descriptor_);
}

Result<void> Poller::add(int descriptor, PollTarget& target) {
  epoll_event event = event_for(target, always);
  if (::epoll_ctl(descriptor_, EPOLL_CTL_ADD, descriptor, &event) != 0) {
    return fail(system_error(errno, "watch a socket"));
  }
  return {};
}

void Poller::want_writable(int descriptor, PollTarget& target, bool wanted) {
  // Unix sockets report room for each piece that their peer reads, hence not
  // always.
  epoll_event event = event_for(target, wanted ? always | EPOLLOUT : always);
  DS_ASSERT(::epoll_ctl(descriptor_, EPOLL_CTL_MOD, descriptor, &event) == 0);
}

void Poller::remove(int descriptor, PollTarget& target) {
  epoll_event ignored{};
  ::epoll_ctl(descriptor_, EPOLL_CTL_DEL, descriptor, &ignored);
  for (size_t i = told_; i < fetched_; ++i) {
    if (events_[i].data.ptr == &target) events_[i].data.ptr = nullptr;
  }
}

size_t Poller::dispatch_ready() {
  int count;
  do {
    count = ::epoll_wait(descriptor_, events_.data(), events_max, 0);
  } while (count < 0 && errno == EINTR);
  DS_ASSERT(count >= 0);
  fetched_ = static_cast<size_t>(count);
  told_ = 0;
  while (told_ < fetched_) {
    const epoll_event& event = events_[told_++];
    if (event.data.ptr == nullptr) continue;
    static_cast<PollTarget*>(event.data.ptr)->ready(event.events);
  }
  return static_cast<size_t>(count);
}

}  // namespace durable_streams::http
