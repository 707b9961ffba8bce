#include "http/listening_socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace durable_streams::http {
namespace {

// The kernel cuts it down to net.core.somaxconn.
constexpr int backlog = 4096;

template <class Address>
const sockaddr* generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

void set_option(const Socket& socket, int level, int option, int value) {
  // Tuning only: a socket without it still serves.
  [[maybe_unused]] const int result =
      ::setsockopt(socket.descriptor(), level, option, &value, sizeof value);
}

tl::unexpected<Error> bind_failed(int error_number, const Endpoint& endpoint) {
  const std::string name = to_string(endpoint);
  const bool tcp = std::holds_alternative<TcpEndpoint>(endpoint);
  std::string detail = "cannot listen on " + name;
  if (error_number == EADDRINUSE && tcp) {
    detail = fmt::format(
        "port {} is in use on {}: another server has it; stop that one or choose "
        "another "
        "port",
        std::get<TcpEndpoint>(endpoint).port, std::get<TcpEndpoint>(endpoint).address);
  } else if (error_number == EADDRINUSE) {
    detail =
        name + " is in use by a running server; stop that one or choose another path";
  } else if (error_number == EACCES && tcp) {
    detail +=
        ": ports below 1024 need privileges (CAP_NET_BIND_SERVICE), or choose a higher "
        "port";
  } else if (error_number == EACCES) {
    detail += ": this user may not create files there";
  } else if (error_number == EADDRNOTAVAIL) {
    detail += ": no interface of this machine has that address";
  } else if (error_number == ENOENT && !tcp) {
    detail += ": the directory does not exist";
  }
  return fail(system_error(error_number, std::move(detail)));
}

Result<Socket> new_socket(int family, const Endpoint& endpoint) {
  Socket socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return bind_failed(errno, endpoint);
  return socket;
}

Result<Socket> open_tcp(Endpoint& endpoint) {
  TcpEndpoint& tcp = std::get<TcpEndpoint>(endpoint);
  sockaddr_in ipv4{};
  sockaddr_in6 ipv6{};
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = htons(tcp.port);
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(tcp.port);
  const bool is_v4 = ::inet_pton(AF_INET, tcp.address.c_str(), &ipv4.sin_addr) == 1;
  if (!is_v4 && ::inet_pton(AF_INET6, tcp.address.c_str(), &ipv6.sin6_addr) != 1) {
    return fail(system_error(
        EINVAL, fmt::format("\"{}\" is not an IP address: write one such as 127.0.0.1, "
                            "::1 or 0.0.0.0",
                            tcp.address)));
  }
  auto socket = new_socket(is_v4 ? AF_INET : AF_INET6, endpoint);
  if (!socket) return socket;
  set_option(*socket, SOL_SOCKET, SO_REUSEADDR, 1);
  // "::" beside "0.0.0.0" on the same port must work.
  if (!is_v4) set_option(*socket, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  // Accepted sockets inherit these.
  set_option(*socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(*socket, IPPROTO_TCP, TCP_USER_TIMEOUT, int{limits::write_timeout_ms});
  const int bound = is_v4 ? ::bind(socket->descriptor(), generic(ipv4), sizeof ipv4)
                          : ::bind(socket->descriptor(), generic(ipv6), sizeof ipv6);
  if (bound != 0 || ::listen(socket->descriptor(), backlog) != 0) {
    return bind_failed(errno, endpoint);
  }
  sockaddr_in6 chosen{};
  socklen_t size = sizeof chosen;
  if (::getsockname(socket->descriptor(), reinterpret_cast<sockaddr*>(&chosen),
                    &size) == 0) {
    tcp.port = ntohs(chosen.sin6_port);  // At the same place in both families.
  }
  return socket;
}

// Whether somebody answers on the socket file.
bool is_alive(const sockaddr_un& address) {
  const Socket probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (::connect(probe.descriptor(), generic(address), sizeof address) == 0) return true;
  return errno != ECONNREFUSED;
}

bool is_socket_file(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

Result<Socket> open_unix(const Endpoint& endpoint) {
  const UnixEndpoint& local = std::get<UnixEndpoint>(endpoint);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (local.path.empty() || local.path.size() >= sizeof address.sun_path) {
    return fail(system_error(
        EINVAL,
        fmt::format(
            "the path of a Unix socket has 1 to {} bytes, \"{}\" has {}: choose "
            "a shorter one, in /run or /tmp, say",
            sizeof address.sun_path - 1, local.path, local.path.size())));
  }
  std::memcpy(address.sun_path, local.path.data(), local.path.size());
  auto socket = new_socket(AF_UNIX, endpoint);
  if (!socket) return socket;
  // Nobody may connect before the mode is set, hence bind, chmod, listen.
  int bound = ::bind(socket->descriptor(), generic(address), sizeof address);
  if (bound != 0 && errno == EADDRINUSE && is_socket_file(local.path) &&
      !is_alive(address)) {
    ::unlink(local.path.c_str());
    bound = ::bind(socket->descriptor(), generic(address), sizeof address);
  }
  if (bound != 0) return bind_failed(errno == 0 ? EADDRINUSE : errno, endpoint);
  if (::chmod(local.path.c_str(), local.mode) != 0 ||
      ::listen(socket->descriptor(), backlog) != 0) {
    return bind_failed(errno, endpoint);
  }
  return socket;
}

}  // namespace

Result<Socket> open_listening_socket(Endpoint& endpoint) {
  return std::holds_alternative<TcpEndpoint>(endpoint) ? open_tcp(endpoint)
                                                       : open_unix(endpoint);
}

void remove_socket_file(const Endpoint& endpoint) {
  if (const auto* local = std::get_if<UnixEndpoint>(&endpoint)) {
    ::unlink(local->path.c_str());
  }
}

}  // namespace durable_streams::http
