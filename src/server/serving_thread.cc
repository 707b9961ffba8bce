#include "server/serving_thread.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

namespace durable_streams::server {

ServingThread::ServingThread(const SharedContext& shared, const Clock& clock,
                             const http::ConnectionOptions& options,
                             const std::vector<AddressRange>& internal_peers)
    : io_(clock),
      context_(shared, io_),
      api_(context_),
      internal_api_(api_, shared.cors, internal_peers),
      connections_(io_, options),
      sweep_(shared.engine, io_.completions()),
      sweep_timer_(io_.context()) {
  io_.observe_rounds(this);
}

ServingThread::~ServingThread() {
  join();
}

void ServingThread::start() {
  thread_ = std::thread([this] { io_.run(); });
}

void ServingThread::sweep_expired() {
  sweep_after(0);
}

void ServingThread::sweep_after(int64_t delay_ms) {
  sweep_timer_.expires_after(std::chrono::milliseconds(delay_ms));
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) sweep_after(sweep_.tick());
  });
}

void ServingThread::tell(std::function<void()> task) {
  boost::asio::post(io_.context(), std::move(task));
}

void ServingThread::drain(std::function<void()> when_empty) {
  connections_.drain(std::move(when_empty));
  context_.live_readers.stop_all();
}

void ServingThread::join() {
  if (!thread_.joinable()) return;
  io_.stop();
  thread_.join();
}

void ServingThread::settle_rest() {
  while (io_.completions().drain() > 0) {
  }
}

}  // namespace durable_streams::server
