// One I/O thread with all that lives on it: handlers, waiters, connections.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <thread>

#include "http/connection_set.h"
#include "http/io_thread.h"
#include "server/allowed_peers.h"
#include "server/api.h"
#include "server/context.h"
#include "streams/expiry_sweep.h"

namespace durable_streams::server {

// Threads: made, started and joined by the owner; tell() from any thread.
class ServingThread final : private http::RoundObserver {
 public:
  ServingThread(const SharedContext& shared, const Clock& clock,
                const http::ConnectionOptions& options,
                const std::vector<AddressRange>& internal_peers);
  ~ServingThread();

  void start();

  // Before start(), of one thread of a server: it ends streams whose time is over.
  void sweep_expired();

  // Runs `task` on the thread, soon.
  void tell(std::function<void()> task);

  // Ends live reads and idle connections; `when_empty` runs on the thread once
  // no connection is left. On the thread.
  void drain(std::function<void()> when_empty);

  // Ends the thread and waits for it.
  void join();

  // After join(): runs what the engine still posted.
  void settle_rest();

  http::ConnectionSet& connections() { return connections_; }
  http::Handler& api() { return api_; }
  http::Handler& internal_api() { return internal_api_; }

 private:
  // What came in on all ready sockets goes to the engine as one burst.
  void round_begins() override { context_.engine().begin_burst(); }
  void round_ends(bool idle) override { context_.engine().end_burst(idle); }

  void sweep_after(int64_t delay_ms);

  http::IoThread io_;
  ThreadContext context_;
  Api api_;
  AllowedPeers internal_api_;
  http::ConnectionSet connections_;
  streams::ExpirySweep sweep_;
  boost::asio::steady_timer sweep_timer_;
  std::thread thread_;
};

}  // namespace durable_streams::server
