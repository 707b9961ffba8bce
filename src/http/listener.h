// Accepts connections on one address and deals them to the I/O threads.
//
// One socket for all threads, not one per thread (SO_REUSEPORT): that would let
// a second server take the same port unnoticed, would lose the connections
// queued on a thread's socket when it closes, and spreads a handful of
// long-lived connections (an app server's) by chance. Here each connection goes
// to the thread that has fewest; the hand-over costs one wake-up per connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "base/timer_wheel.h"
#include "http/connection_set.h"
#include "http/poller.h"

namespace durable_streams::http {

struct TcpEndpoint {
  std::string address;  // Numeric, IPv4 or IPv6 ("::1"); "::" takes IPv6 alone.
  uint16_t port = 0;    // 0: any that is free.
};

struct UnixEndpoint {
  std::string path;      // At most 107 bytes (104 elsewhere than on Linux).
  uint32_t mode = 0600;  // Permissions of the socket file.
};

using Endpoint = std::variant<TcpEndpoint, UnixEndpoint>;

// "127.0.0.1:4437", "[::1]:4437", "unix:/run/x.sock".
std::string to_string(const Endpoint& endpoint);

// Where a listener's connections may go: a thread's set, and the handler that
// serves them there. Different listeners can have different handlers on the
// same threads; a handler thus knows which listener a request came through.
struct Lane {
  ConnectionSet* connections;
  Handler* handler;
};

class Listener final : private PollTarget, private Timer {
 public:
  // Binds, listens, and accepts on the first lane's thread (from its run() on).
  // `lanes` is not empty; what it points to outlives the listener and its
  // connections. Call it before that thread runs, or on it.
  //
  // Errors (system codes; the detail says what can be done):
  //   EADDRINUSE     another process has the port or the Unix socket
  //   EACCES         ports below 1024 and some directories need privileges
  //   EADDRNOTAVAIL  no interface of this machine has the address
  //   EINVAL         not a numeric address; a Unix path too long or empty
  // A Unix socket that a dead process left behind is replaced.
  [[nodiscard]] static Result<std::unique_ptr<Listener>> open(
      const Endpoint& endpoint, std::vector<Lane> lanes,
      size_t connections_max = limits::connections_max);

  // Stops, if it still listens. On the first lane's thread, or after its run().
  ~Listener();

  // No more connections; those already dealt go on. Removes a Unix socket's
  // file. On the first lane's thread, or when it does not run. Idempotent.
  void stop();

  // What it listens on; the port is the real one.
  const Endpoint& endpoint() const { return endpoint_; }
  uint16_t port() const;  // 0 for a Unix socket.

  // How often accepting paused for want of descriptors or memory, or at
  // connections_max. From any thread.
  uint64_t pauses() const { return pauses_.load(std::memory_order_relaxed); }

 private:
  Listener(Endpoint endpoint, Socket socket, std::vector<Lane> lanes,
           size_t connections_max);

  void ready(uint32_t events) noexcept override;
  void fire() noexcept override;

  void accept_all();
  void pause();
  const Lane& choose_lane();
  static void deal(const Lane& lane, Socket socket, const Peer& peer);
  size_t connections() const;

  IoThread& io_;
  Endpoint endpoint_;
  Socket socket_;
  const std::vector<Lane> lanes_;
  const size_t connections_max_;
  size_t next_lane_ = 0;
  std::atomic<uint64_t> pauses_{0};
};

}  // namespace durable_streams::http
