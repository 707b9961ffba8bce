#include "raw_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace durable_streams::http::testing {
namespace {

constexpr int wait_seconds = 60;

template <class Address>
int connected(int family, const Address& address, int receive_buffer_bytes = 0) {
  const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval wait{wait_seconds, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  if (receive_buffer_bytes > 0) {
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                 sizeof receive_buffer_bytes);
  }
  if (family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address),
                sizeof address) == 0) {
    return descriptor;
  }
  ::close(descriptor);
  return -1;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  });
  return text;
}

}  // namespace

RawClient RawClient::tcp(uint16_t port, int receive_buffer_bytes) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return RawClient(connected(AF_INET, address, receive_buffer_bytes));
}

RawClient RawClient::tcp6(uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = in6addr_loopback;
  return RawClient(connected(AF_INET6, address));
}

RawClient RawClient::local(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return RawClient(connected(AF_UNIX, address));
}

RawClient::RawClient(RawClient&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      was_reset_(other.was_reset_),
      buffered_(std::move(other.buffered_)) {}

RawClient& RawClient::operator=(RawClient&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(was_reset_, other.was_reset_);
  std::swap(buffered_, other.buffered_);
  return *this;
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

void RawClient::shutdown_send() {
  ::shutdown(descriptor_, SHUT_WR);
}

void RawClient::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void RawClient::reset() {
  const linger now{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

bool RawClient::receive_more() {
  std::array<char, 64 * 1024> bytes;
  ssize_t count;
  do {
    count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    ADD_FAILURE() << "the server sends nothing; got so far: " << buffered_;
  }
  if (count < 0) was_reset_ = true;
  if (count <= 0) return false;
  buffered_.append(bytes.data(), static_cast<size_t>(count));
  return true;
}

std::string RawClient::take(size_t size) {
  std::string taken = buffered_.substr(0, size);
  buffered_.erase(0, size);
  return taken;
}

std::string RawClient::read_line() {
  size_t end;
  while ((end = buffered_.find("\r\n")) == std::string::npos) {
    if (!receive_more()) return take(std::string::npos);
  }
  std::string line = take(end + 2);
  line.resize(end);
  return line;
}

std::string RawClient::read_bytes(size_t size) {
  while (buffered_.size() < size && receive_more()) {
  }
  return take(size);
}

std::string RawClient::read_to_end() {
  while (receive_more()) {
  }
  return take(std::string::npos);
}

RawResponse RawClient::read_head() {
  RawResponse response;
  const std::string status_line = read_line();
  if (status_line.rfind("HTTP/1.1 ", 0) == 0) {
    response.status = std::atoi(status_line.c_str() + 9);
  }
  for (std::string line = read_line(); !line.empty(); line = read_line()) {
    const size_t colon = line.find(": ");
    if (colon == std::string::npos) {
      ADD_FAILURE() << "not a field: " << line;
      break;
    }
    const std::string name = lower(line.substr(0, colon));
    EXPECT_FALSE(response.has(name)) << name << " stands twice";
    response.fields[name] = line.substr(colon + 2);
  }
  return response;
}

std::optional<std::string> RawClient::read_chunk() {
  const std::string size_line = read_line();
  const size_t size = std::strtoul(size_line.c_str(), nullptr, 16);
  std::string chunk = read_bytes(size);
  EXPECT_EQ(chunk.size(), size);
  EXPECT_EQ(read_line(), "");
  if (size == 0) return std::nullopt;
  return chunk;
}

RawResponse RawClient::read_response(bool to_head) {
  RawResponse response = read_head();
  const bool bodiless = to_head || response.status == 204 || response.status == 304 ||
                        response.status < 200;
  if (bodiless) return response;
  if (response.has("content-length")) {
    const size_t size =
        std::strtoul(response.field("content-length").c_str(), nullptr, 10);
    response.body = read_bytes(size);
    EXPECT_EQ(response.body.size(), size);
  } else if (response.field("transfer-encoding") == "chunked") {
    while (auto chunk = read_chunk())
      response.body += *chunk;
  } else {
    response.body = read_to_end();
  }
  return response;
}

}  // namespace durable_streams::http::testing
