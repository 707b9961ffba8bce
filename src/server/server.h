// A running server: I/O threads, listeners and handlers around one engine.
//
// Threads: made, stopped and destroyed by one thread, which is none of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/listener.h"
#include "server/config.h"
#include "server/context.h"
#include "storage/engine.h"

namespace durable_streams::server {

class ServingThread;

class Server {
 public:
  // Opens the configured listeners and starts serving. `engine`, `clock` and
  // `access` outlive the server.
  //
  // Errors: those of http::Listener::open(); nothing is left open then.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(const ServerConfig& config,
                                                             storage::Engine& engine,
                                                             const Access& access,
                                                             const Clock& clock);

  // stop() first.
  ~Server();

  // What it listens on: "127.0.0.1:4437", "unix:/run/x.sock".
  const std::vector<std::string>& addresses() const { return addresses_; }

  // Takes no more connections, ends live reads politely, answers what is in
  // flight, and returns when all connections are gone or `deadline_ms` is over;
  // what is left then is cut. Closes the engine and settles what it still owed.
  void stop(int64_t deadline_ms);

 private:
  Server(const ServerConfig& config, storage::Engine& engine, const Access& access,
         const Clock& clock);

  Result<void> listen(const ServerConfig& config);

  const ServerConfig config_;
  storage::Engine& engine_;
  Cors cors_;
  StreamRoute route_;
  SharedContext shared_;
  std::vector<std::unique_ptr<ServingThread>> threads_;
  std::vector<std::unique_ptr<http::Listener>> listeners_;
  std::vector<std::string> addresses_;

  std::mutex drain_mutex_;
  std::condition_variable drained_;
  size_t threads_drained_ = 0;  // Guarded by drain_mutex_.
};

}  // namespace durable_streams::server
