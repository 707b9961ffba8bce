#include "http/listener.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <limits>

#include "base/assert.h"
#include "http/listening_socket.h"

namespace durable_streams::http {
namespace {

// While accepting is paused: how soon to look again.
constexpr int64_t retry_ms = 100;

// A connection on its way to another thread.
class Delivery final : public Completion {
 public:
  Delivery(const Lane& lane, Socket socket, const Peer& peer)
      : lane_(lane), socket_(std::move(socket)), peer_(peer) {}

  void complete() noexcept override {
    lane_.connections->adopt(std::move(socket_), peer_, *lane_.handler);
    delete this;
  }

 private:
  const Lane lane_;
  Socket socket_;
  const Peer peer_;
};

}  // namespace

std::string to_string(const Endpoint& endpoint) {
  if (const auto* local = std::get_if<UnixEndpoint>(&endpoint))
    return "unix:" + local->path;
  const auto& tcp = std::get<TcpEndpoint>(endpoint);
  const bool ipv6 = tcp.address.find(':') != std::string::npos;
  return ipv6 ? fmt::format("[{}]:{}", tcp.address, tcp.port)
              : fmt::format("{}:{}", tcp.address, tcp.port);
}

Result<std::unique_ptr<Listener>> Listener::open(const Endpoint& endpoint,
                                                 std::vector<Lane> lanes,
                                                 size_t connections_max) {
  DS_ASSERT(!lanes.empty());
  Endpoint chosen = endpoint;
  auto socket = open_listening_socket(chosen);
  if (!socket) return fail(std::move(socket.error()));
  std::unique_ptr<Listener> listener(new Listener(std::move(chosen), std::move(*socket),
                                                  std::move(lanes), connections_max));
  auto added = listener->io_.poller().add(listener->socket_.descriptor(), *listener);
  if (!added) return fail(std::move(added.error()));
  return listener;
}

Listener::Listener(Endpoint endpoint, Socket socket, std::vector<Lane> lanes,
                   size_t connections_max)
    : io_(lanes.front().connections->io()),
      endpoint_(std::move(endpoint)),
      socket_(std::move(socket)),
      lanes_(std::move(lanes)),
      connections_max_(connections_max) {}

Listener::~Listener() {
  stop();
}

void Listener::stop() {
  if (!socket_.is_open()) return;
  cancel();
  io_.poller().remove(socket_.descriptor(), *this);
  remove_socket_file(endpoint_);
  socket_.close();
}

uint16_t Listener::port() const {
  const auto* tcp = std::get_if<TcpEndpoint>(&endpoint_);
  return tcp == nullptr ? uint16_t{0} : tcp->port;
}

void Listener::ready(uint32_t) noexcept {
  accept_all();
}

void Listener::fire() noexcept {
  accept_all();
}

void Listener::accept_all() {
  while (true) {
    if (connections() >= connections_max_) return pause();
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    Socket socket(::accept4(socket_.descriptor(), reinterpret_cast<sockaddr*>(&address),
                            &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.is_open()) {
      deal(choose_lane(), std::move(socket), Peer::from(address));
      continue;
    }
    switch (errno) {
      case EAGAIN:
        return;  // The poller tells of the next one.
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        return pause();
      default:
        continue;  // That one connection has failed (accept(2)): on to the next.
    }
  }
}

// What waits in the queue is not announced again: look by the clock.
void Listener::pause() {
  pauses_.fetch_add(1, std::memory_order_relaxed);
  io_.timers().schedule(*this, retry_ms);
}

size_t Listener::connections() const {
  size_t count = 0;
  for (const Lane& lane : lanes_)
    count += lane.connections->size();
  return count;
}

const Lane& Listener::choose_lane() {
  // From another place each time, so that equals take turns.
  next_lane_ = (next_lane_ + 1) % lanes_.size();
  const Lane* chosen = nullptr;
  size_t fewest = std::numeric_limits<size_t>::max();
  for (size_t i = 0; i < lanes_.size(); ++i) {
    const Lane& lane = lanes_[(next_lane_ + i) % lanes_.size()];
    const size_t count = lane.connections->size();
    if (count < fewest) {
      fewest = count;
      chosen = &lane;
    }
  }
  return *chosen;
}

void Listener::deal(const Lane& lane, Socket socket, const Peer& peer) {
  lane.connections->expect();
  auto* const delivery = new Delivery(lane, std::move(socket), peer);
  lane.connections->io().completions().post(*delivery);
}

}  // namespace durable_streams::http
