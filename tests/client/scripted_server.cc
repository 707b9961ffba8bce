#include "scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "base/assert.h"

namespace durable_streams {
namespace {

std::string head(int status, std::string_view fields) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + std::string(fields);
}

size_t content_length(std::string_view request_head) {
  constexpr std::string_view name = "content-length:";
  for (size_t line = 0; line < request_head.size();) {
    const size_t end = request_head.find("\r\n", line);
    if (strncasecmp(request_head.data() + line, name.data(), name.size()) == 0) {
      return std::strtoul(request_head.data() + line + name.size(), nullptr, 10);
    }
    if (end == std::string_view::npos) break;
    line = end + 2;
  }
  return 0;
}

}  // namespace

Reply answer(int status, std::string_view fields, std::string_view body) {
  return {head(status, fields) + "Content-Length: " + std::to_string(body.size()) +
          "\r\n\r\n" + std::string(body)};
}
Reply empty_answer(int status, std::string_view fields) {
  return {head(status, fields) + "\r\n"};
}
Reply hang_up() {
  return {"", true};
}
Reply silence() {
  return {"", false, true};
}

ScriptedServer::ScriptedServer(std::vector<Reply> script)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      script_(script.begin(), script.end()) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  DS_ASSERT(::bind(listener_, generic, size) == 0);
  DS_ASSERT(::listen(listener_, 16) == 0);
  DS_ASSERT(::getsockname(listener_, generic, &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

ScriptedServer::~ScriptedServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  {
    const std::lock_guard lock(mutex_);
    if (open_socket_ >= 0) ::shutdown(open_socket_, SHUT_RDWR);
  }
  thread_.join();
  ::close(listener_);
}

std::vector<std::string> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedServer::wait_until_ended(int count) const {
  std::unique_lock lock(mutex_);
  one_ended_.wait(lock, [&] { return ended_ >= count; });
}

void ScriptedServer::serve() {
  while (!stopping_) {
    const int socket = ::accept(listener_, nullptr, nullptr);
    if (socket < 0) return;
    ++connections_;
    {
      const std::lock_guard lock(mutex_);
      open_socket_ = socket;
      if (stopping_) ::shutdown(socket, SHUT_RDWR);
    }
    serve_connection(socket);
    {
      const std::lock_guard lock(mutex_);
      open_socket_ = -1;
      ::close(socket);
      ++ended_;
    }
    one_ended_.notify_all();
  }
}

void ScriptedServer::serve_connection(int socket) {
  std::string buffer;
  while (read_request(socket, buffer)) {
    Reply reply = hang_up();
    {
      const std::lock_guard lock(mutex_);
      if (!script_.empty()) {
        reply = std::move(script_.front());
        script_.pop_front();
      }
    }
    std::string_view rest = reply.bytes;
    while (!rest.empty()) {
      const ssize_t count = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      rest.remove_prefix(static_cast<size_t>(count));
    }
    if (reply.close_after) return;
    if (reply.keep_silent) {
      char byte;
      while (::recv(socket, &byte, 1, 0) > 0) {
      }
      return;
    }
  }
}

// Takes one request out of `buffer`, reading as needed; false at the end.
bool ScriptedServer::read_request(int socket, std::string& buffer) {
  while (true) {
    const size_t head_end = buffer.find("\r\n\r\n");
    if (head_end != std::string::npos) {
      const size_t size = head_end + 4 + content_length(buffer.substr(0, head_end));
      if (buffer.size() >= size) {
        const std::lock_guard lock(mutex_);
        requests_.push_back(buffer.substr(0, size));
        buffer.erase(0, size);
        return true;
      }
    }
    char chunk[4096];
    const ssize_t count = ::recv(socket, chunk, sizeof chunk, 0);
    if (count <= 0) return false;
    buffer.append(chunk, static_cast<size_t>(count));
  }
}

}  // namespace durable_streams
