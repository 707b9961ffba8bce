// bare_fanout_bench PORT
//
// The least that a server could do for SSE readers: every connection that sends a
// GET becomes a reader; every POST is answered, and its fixed event is sent to all
// readers, one send() each. No parsing, no storage, no state per reader but the
// descriptor. Its CPU per delivery is what the kernel asks of any server that
// sends each event by itself. Runs until SIGTERM.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "event.h"
#include "http_socket.h"

namespace durable_streams::bench {
namespace {

constexpr std::string_view opening =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: control\n"
    "data:{\"upToDate\":true}\n\n";
constexpr std::string_view accepted = "HTTP/1.1 204 No Content\r\n\r\n";

// One event and the control event that follows it, as long as the real ones.
std::string frame() {
  const std::string data = "event: data\ndata:[" + event() + "]\n\n";
  const std::string control =
      "event: "
      "control\ndata:{\"streamNextOffset\":\"0000000000000001_0000000000000201\","
      "\"streamCursor\":\"1000000\",\"upToDate\":true}\n\n";
  return "1a4\r\n" + data + control + "\r\n";
}

int listen_on(uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* generic =
      static_cast<const sockaddr*>(static_cast<const void*>(&address));
  if (::bind(descriptor, generic, sizeof(address)) != 0 ||
      ::listen(descriptor, 512) != 0) {
    fail("cannot listen");
  }
  return descriptor;
}

class BareServer {
 public:
  explicit BareServer(uint16_t port)
      : listener_(listen_on(port)),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        frame_(frame()) {
    watch(listener_);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int ready =
          ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i)
        serve(events[static_cast<size_t>(i)].data.fd);
    }
  }

 private:
  void watch(int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
  }

  void serve(int descriptor) {
    if (descriptor == listener_) return accept();
    char buffer[4096];
    const ssize_t received = ::recv(descriptor, buffer, sizeof(buffer), 0);
    if (received <= 0) {
      ::close(descriptor);
      std::erase(readers_, descriptor);
    } else if (buffer[0] == 'G') {
      readers_.push_back(descriptor);
      send_all(descriptor, opening);
    } else if (buffer[0] == 'P') {
      for (const int reader : readers_)
        send_all(reader, frame_);
      send_all(descriptor, accepted);
    } else {
      send_all(descriptor, accepted);  // HEAD: whoever asks whether it is up.
    }
  }

  void accept() {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    watch(descriptor);
  }

  const int listener_;
  const int epoll_;
  const std::string frame_;
  std::vector<int> readers_;
};

}  // namespace
}  // namespace durable_streams::bench

int main(int argc, char** argv) {
  if (argc != 2) durable_streams::bench::fail("usage: bare_fanout_bench PORT");
  durable_streams::bench::BareServer(static_cast<uint16_t>(std::atoi(argv[1]))).run();
}
