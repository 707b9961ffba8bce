#include "running_server.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>

namespace durable_streams::http::testing {
namespace {

class Task final : public Completion {
 public:
  explicit Task(const std::function<void()>& action) : action_(action) {}

  void complete() noexcept override {
    action_();
    const std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
  }

 private:
  const std::function<void()>& action_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

}  // namespace

std::string unix_socket_path() {
  return ::testing::TempDir() + "http_test." + std::to_string(::getpid()) + ".sock";
}

RunningServer::RunningServer(const Settings& settings)
    : io_(std::make_unique<IoThread>(clock_)),
      connections_(std::make_unique<ConnectionSet>(*io_, settings.connections)) {
  auto listener = Listener::open(settings.endpoint, {{connections_.get(), &handler_}},
                                 settings.connections_max);
  if (!listener) ADD_FAILURE() << listener.error().message();
  listener_ = std::move(*listener);
  thread_ = std::thread([this] { io_->run(); });
}

RunningServer::~RunningServer() {
  io_->stop();
  thread_.join();
}

void RunningServer::on_io(const std::function<void()>& action) {
  Task task(action);
  io_->completions().post(task);
  task.wait();
}

bool RunningServer::wait_until(const std::function<bool()>& condition) {
  const int64_t deadline_ms = system_clock().steady_ms() + 60'000;
  bool holds = false;
  while (!holds && system_clock().steady_ms() < deadline_ms) {
    on_io([&] { holds = condition(); });
    if (!holds) std::this_thread::yield();
  }
  return holds;
}

}  // namespace durable_streams::http::testing
