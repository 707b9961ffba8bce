// Many connections that work through a list of requests: each sends the next one
// when it has its answer.
//
// A measuring tool: see http_socket.h. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace durable_streams::bench {

class RequestPool {
 public:
  // Writes request number `index` to the end of the string.
  using Write = std::function<void(uint64_t index, std::string& request)>;
  // Whether the answer to it is as it should be; `body` is all of it.
  using Check = std::function<bool(uint64_t index, int status, std::string_view body)>;

  // Connects to 127.0.0.1:`port` as often.
  RequestPool(uint16_t port, size_t connections);
  ~RequestPool();
  RequestPool(const RequestPool&) = delete;
  RequestPool& operator=(const RequestPool&) = delete;

  // Sends requests 0 to `count` - 1 and waits for all answers. Returns how many
  // were not as they should be.
  uint64_t run(uint64_t count, const Write& write, const Check& check);

 private:
  struct Connection {
    int descriptor;
    uint64_t index = 0;
    std::string received;
  };

  void send_next(Connection& connection, uint64_t index, const Write& write);
  // True if the answer is whole.
  bool receive(Connection& connection);

  int epoll_;
  std::vector<Connection> connections_;
  std::string request_;  // Reused.
};

}  // namespace durable_streams::bench
