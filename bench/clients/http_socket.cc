#include "http_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace durable_streams::bench {

namespace {

constexpr time_t silence_max_s = 10;

}  // namespace

uint64_t now_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

void fail(const std::string& message) {
  std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, message.c_str());
  std::exit(1);
}

int connect_to(uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail(std::string("socket: ") + std::strerror(errno));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* generic =
      static_cast<const sockaddr*>(static_cast<const void*>(&address));
  if (::connect(descriptor, generic, sizeof(address)) != 0) {
    fail(std::string("connect: ") + std::strerror(errno));
  }
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const timeval silence{.tv_sec = silence_max_s, .tv_usec = 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
  return descriptor;
}

std::string get_request(std::string_view path_and_query) {
  std::string request = "GET ";
  request.append(path_and_query);
  request += " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n";
  return request;
}

std::string json_post_request(std::string_view path, std::string_view body) {
  std::string request = "POST ";
  request.append(path);
  request += " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";
  request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  request.append(body);
  return request;
}

bool send_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

namespace {

// Bytes of the body that a header section announces.
size_t content_length(std::string_view head) {
  constexpr std::string_view name = "content-length:";
  for (size_t line = head.find("\r\n"); line != head.npos;
       line = head.find("\r\n", line + 2)) {
    const std::string_view rest = head.substr(line + 2);
    if (rest.size() > name.size() &&
        strncasecmp(rest.data(), name.data(), name.size()) == 0) {
      return std::strtoull(rest.data() + name.size(), nullptr, 10);
    }
  }
  return 0;
}

}  // namespace

size_t answer_bytes(std::string_view bytes) {
  const size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return SIZE_MAX;
  return end + 4 + content_length(bytes.substr(0, end + 2));
}

int read_answer(int descriptor) {
  std::string answer;
  char buffer[4096];
  while (answer.size() < answer_bytes(answer)) {
    const ssize_t received = ::recv(descriptor, buffer, sizeof(buffer), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return 0;
    answer.append(buffer, static_cast<size_t>(received));
  }
  return status_of(answer);
}

int status_of(std::string_view head) {
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 12) return 0;
  return std::atoi(std::string(head.substr(9, 3)).c_str());
}

}  // namespace durable_streams::bench
