// A server of one process and one thread that answers what it is told to, in
// order, and remembers what it was asked. Not an HTTP server: replies are raw
// bytes, so that it can also misbehave.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace durable_streams {

// What a scripted server does with one request.
struct Reply {
  std::string bytes;         // Sent as they are; may be empty.
  bool close_after = false;  // Then ends the connection.
  bool keep_silent = false;  // Then says nothing more, with the connection open.
};

// A whole answer with content-length; `fields` are lines ending in \r\n.
Reply answer(int status, std::string_view fields = {}, std::string_view body = {});
// The head of such an answer only: what HEAD, 204 and 304 get.
Reply empty_answer(int status, std::string_view fields = {});
// Ends the connection without an answer.
Reply hang_up();
// Lets the client wait.
Reply silence();

class ScriptedServer {
 public:
  // Listens on a free port of 127.0.0.1. A request beyond the script's end
  // ends its connection without an answer.
  explicit ScriptedServer(std::vector<Reply> script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  uint16_t port() const { return port_; }
  std::string origin() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // "http://127.0.0.1:PORT/v1/streams/s".
  std::string url() const { return origin() + "/v1/streams/s"; }

  // Requests so far, head and body as they came.
  std::vector<std::string> requests() const;
  int connections() const { return connections_; }
  // Returns once the server has ended that many connections.
  void wait_until_ended(int count) const;

 private:
  void serve();
  void serve_connection(int socket);
  bool read_request(int socket, std::string& buffer);

  int listener_;
  uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::deque<Reply> script_;           // Guarded by mutex_.
  std::vector<std::string> requests_;  // Guarded by mutex_.
  int open_socket_ = -1;               // Guarded by mutex_.
  int ended_ = 0;                      // Guarded by mutex_.
  mutable std::condition_variable one_ended_;
  std::thread thread_;
};

}  // namespace durable_streams
