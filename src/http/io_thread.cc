#include "http/io_thread.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/assert.h"

namespace durable_streams::http {
namespace {

// Rounds of socket events before Asio gets a turn again, under full load.
constexpr int rounds_max = 16;

}  // namespace

IoThread::WakeUp::WakeUp() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  DS_ASSERT(descriptor_ >= 0);
}

IoThread::WakeUp::~WakeUp() {
  ::close(descriptor_);
}

void IoThread::WakeUp::signal() noexcept {
  const uint64_t one = 1;
  // Fails only when 2^64 - 2 wake-ups have gone unread: never.
  [[maybe_unused]] const ssize_t written = ::write(descriptor_, &one, sizeof one);
}

IoThread::IoThread(const Clock& clock)
    : clock_(clock),
      completions_([this] { wake(); }),
      timers_(clock.steady_ms(), tick_ms),
      poller_watch_(context_),
      tick_timer_(context_) {
  poller_watch_.assign(poller_.descriptor());
  DS_ASSERT(poller_.add(wake_up_.descriptor(), wake_up_).has_value());
  watch_poller();
}

IoThread::~IoThread() {
  poller_watch_.release();  // The poller closes it.
  poller_.remove(wake_up_.descriptor(), wake_up_);
}

void IoThread::run() {
  context_.restart();
  while (!stopping_.load(std::memory_order_acquire)) {
    serve_pending();
    // In one total order with a post and wake()'s look: either the poster sees
    // us asleep, or we see what it posted.
    asleep_.store(true);
    if (completions_.empty() && !stopping_.load(std::memory_order_acquire)) {
      context_.run_one();
    } else {
      context_.poll();
    }
    asleep_.store(false, std::memory_order_relaxed);
  }
  stopping_.store(false, std::memory_order_relaxed);
  completions_.drain();
}

void IoThread::stop() {
  stopping_.store(true, std::memory_order_release);
  wake_up_.signal();
}

void IoThread::wake() noexcept {
  if (asleep_.load()) wake_up_.signal();
}

void IoThread::watch_poller() {
  poller_watch_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                           [this](const boost::system::error_code& error) {
                             if (error) return;
                             serve_sockets();
                             watch_poller();
                           });
}

void IoThread::serve_sockets() {
  asleep_.store(false, std::memory_order_relaxed);
  timers_.advance(clock_.steady_ms());
  for (int round = 0; round < rounds_max; ++round) {
    if (rounds_ != nullptr) rounds_->round_begins();
    const size_t events = poller_.dispatch_ready();
    if (rounds_ != nullptr) rounds_->round_ends(events == 1 && completions_.empty());
    if (events == 0) break;
    if (stopping_.load(std::memory_order_relaxed)) break;
    serve_pending();
  }
}

void IoThread::serve_pending() {
  // First, or what is scheduled after a long sleep counts from before it.
  timers_.advance(clock_.steady_ms());
  completions_.drain();
  if (!ticking_ && !timers_.empty()) tick();
}

void IoThread::tick() {
  ticking_ = true;
  tick_timer_.expires_after(std::chrono::milliseconds(tick_ms));
  tick_timer_.async_wait([this](const boost::system::error_code& error) {
    ticking_ = false;
    if (error) return;
    timers_.advance(clock_.steady_ms());
    if (!timers_.empty()) tick();
  });
}

}  // namespace durable_streams::http
