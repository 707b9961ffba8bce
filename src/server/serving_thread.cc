#include "server/serving_thread.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace durable_streams::server {

ServingThread::ServingThread(const SharedContext& shared, const Clock& clock,
                             const http::ConnectionOptions& options,
                             const std::vector<AddressRange>& internal_peers)
    : io_(clock),
      context_(shared, io_),
      api_(context_),
      internal_api_(api_, shared.cors, internal_peers),
      connections_(io_, options) {
  io_.observe_rounds(this);
}

ServingThread::~ServingThread() {
  join();
}

void ServingThread::start() {
  thread_ = std::thread([this] { io_.run(); });
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
