// The transport on a thread of its own, with a manual clock and a scripted
// handler, for tests that talk to it over real sockets.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "http/listener.h"
#include "raw_client.h"
#include "script_handler.h"
#include "testing/manual_clock.h"

namespace durable_streams::http::testing {

// Where a Unix socket may be: no other process of these tests uses the path.
std::string unix_socket_path();

class RunningServer {
 public:
  struct Settings {
    ConnectionOptions connections;
    size_t connections_max = 1000;
    Endpoint endpoint = TcpEndpoint{"127.0.0.1", 0};
  };

  RunningServer() : RunningServer(Settings{}) {}
  explicit RunningServer(const Settings& settings);
  ~RunningServer();

  RawClient connect(int receive_buffer_bytes = 0) const {
    return RawClient::tcp(listener_->port(), receive_buffer_bytes);
  }

  // Runs `action` on the I/O thread, and waits until it has run.
  void on_io(const std::function<void()>& action);

  // Waits until `condition` holds (looked at on the I/O thread); false after a
  // minute.
  bool wait_until(const std::function<bool()>& condition);
  bool wait_for_connections(size_t count) {
    return wait_until([this, count] { return connections().size() == count; });
  }

  // Time passes for the server's timers, which notice within a tick of theirs.
  void advance(int64_t ms) { clock_.advance(ms); }

  ScriptHandler& handler() { return handler_; }
  ConnectionSet& connections() { return *connections_; }
  Listener& listener() { return *listener_; }
  IoThread& io() { return *io_; }

 private:
  durable_streams::testing::ManualClock clock_;
  ScriptHandler handler_;
  std::unique_ptr<IoThread> io_;
  std::unique_ptr<ConnectionSet> connections_;
  std::unique_ptr<Listener> listener_;
  std::thread thread_;
};

}  // namespace durable_streams::http::testing
