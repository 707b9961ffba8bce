#include "server/process_signals.h"

#include <semaphore.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <ctime>

#include "base/assert.h"
#include "base/clock.h"

namespace durable_streams::server {
namespace {

constexpr std::array signals{SIGTERM, SIGINT, SIGHUP};

// What a handler may touch: lock-free flags, and a semaphore.
std::array<std::atomic<bool>, signals.size()> noted;
static_assert(std::atomic<bool>::is_always_lock_free);
sem_t wake;
const bool can_wake = ::sem_init(&wake, 0, 0) == 0;
std::atomic<bool> exists{false};

void note(int signal) {
  const int saved = errno;
  for (size_t i = 0; i < signals.size(); ++i) {
    if (signals[i] == signal) noted[i] = true;
  }
  ::sem_post(&wake);
  errno = saved;
}

void handle_signals_by(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigfillset(&action.sa_mask);
  for (const int signal : signals)
    DS_ASSERT(::sigaction(signal, &action, nullptr) == 0);
}

}  // namespace

ProcessSignals::ProcessSignals() {
  DS_ASSERT(!exists.exchange(true));
  DS_ASSERT(can_wake);
  handle_signals_by(note);
}

ProcessSignals::~ProcessSignals() {
  handle_signals_by(SIG_DFL);
  exists = false;
}

int ProcessSignals::wait(std::chrono::milliseconds most) {
  const int64_t until_ms = system_clock().steady_ms() + most.count();
  timespec until{};
  until.tv_sec = until_ms / 1000;
  until.tv_nsec = until_ms % 1000 * 1'000'000;
  for (;;) {
    for (size_t i = 0; i < signals.size(); ++i) {
      if (noted[i].exchange(false)) return signals[i];
    }
    if (::sem_clockwait(&wake, CLOCK_MONOTONIC, &until) == 0 || errno == EINTR)
      continue;
    return 0;
  }
}

}  // namespace durable_streams::server
