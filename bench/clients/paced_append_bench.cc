// paced_append_bench PORT PATHS_FILE RATE SECONDS
//
// Appends the event to the paths of PATHS_FILE (one a line) in turn, RATE times a
// second, over 64 connections, whatever the server does: each append has its
// moment, and its latency counts from then. So a server that stalls shows it, also
// in the appends that had to wait for a connection. Prints one line of JSON.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "event.h"
#include "http_socket.h"

namespace durable_streams::bench {
namespace {

constexpr size_t connection_count = 64;
constexpr uint64_t second_ns = 1'000'000'000;
// After the last append's moment, for what is still under way.
constexpr uint64_t patience_ns = 10 * second_ns;

struct Connection {
  int descriptor = -1;
  uint64_t due_ns = 0;  // Of the append that it waits for; 0: idle.
  std::string answer;
};

class PacedAppends {
 public:
  PacedAppends(uint16_t port, const std::string& paths_file, uint64_t rate,
               uint64_t seconds)
      : interval_ns_(second_ns / rate),
        wanted_(rate * seconds),
        poll_(epoll_create1(0)) {
    std::ifstream paths(paths_file);
    for (std::string path; std::getline(paths, path);)
      requests_.push_back(json_post_request(path, event()));
    if (requests_.empty()) fail("no paths in " + paths_file);
    connections_.resize(connection_count);
    for (Connection& connection : connections_) {
      connection.descriptor = connect_to(port);
      epoll_event interest{};
      interest.events = EPOLLIN;
      interest.data.ptr = &connection;
      if (epoll_ctl(poll_, EPOLL_CTL_ADD, connection.descriptor, &interest) != 0) {
        fail(std::string("epoll_ctl: ") + std::strerror(errno));
      }
      idle_.push_back(&connection);
    }
    latencies_ns_.reserve(wanted_);
  }

  void run() {
    began_ns_ = now_ns();
    const uint64_t deadline_ns = began_ns_ + wanted_ * interval_ns_ + patience_ns;
    while (latencies_ns_.size() + refused_ < wanted_) {
      const uint64_t now = now_ns();
      if (now > deadline_ns) fail("answers are missing");
      send_what_is_due(now);
      wait_for_answers();
    }
  }

  void print() {
    std::sort(latencies_ns_.begin(), latencies_ns_.end());
    const auto at_us = [&](double fraction) {
      if (latencies_ns_.empty()) return 0.0;
      const double last = static_cast<double>(latencies_ns_.size() - 1);
      return static_cast<double>(latencies_ns_[static_cast<size_t>(last * fraction)]) /
             1000;
    };
    std::printf(
        "{\"requests\": %zu, \"seconds\": %.6f, \"refused\": %zu, \"p50_us\": %.1f, "
        "\"p99_us\": %.1f, \"p999_us\": %.1f, \"max_us\": %.1f}\n",
        latencies_ns_.size() + refused_,
        static_cast<double>(now_ns() - began_ns_) / second_ns, refused_, at_us(0.5),
        at_us(0.99), at_us(0.999), at_us(1));
  }

 private:
  uint64_t due_ns() const { return began_ns_ + sent_ * interval_ns_; }

  void send_what_is_due(uint64_t now) {
    for (; !idle_.empty() && sent_ < wanted_ && due_ns() <= now; ++sent_) {
      Connection& connection = *idle_.back();
      idle_.pop_back();
      connection.due_ns = due_ns();
      connection.answer.clear();
      if (!send_all(connection.descriptor, requests_[sent_ % requests_.size()]))
        fail("the server closed a connection");
    }
  }

  void wait_for_answers() {
    timespec timeout{.tv_sec = 1, .tv_nsec = 0};
    if (!idle_.empty() && sent_ < wanted_) {
      const uint64_t now = now_ns();
      timeout = {.tv_sec = 0,
                 .tv_nsec = due_ns() > now ? static_cast<long>(due_ns() - now) : 0};
    }
    epoll_event events[connection_count];
    const int count = epoll_pwait2(poll_, events, connection_count, &timeout, nullptr);
    for (int i = 0; i < count; ++i)
      receive(*static_cast<Connection*>(events[i].data.ptr));
  }

  // Answers to appends have no body.
  void receive(Connection& connection) {
    char buffer[4096];
    const ssize_t got = ::recv(connection.descriptor, buffer, sizeof(buffer), 0);
    if (got <= 0 || connection.due_ns == 0) fail("the server closed a connection");
    connection.answer.append(buffer, static_cast<size_t>(got));
    if (!connection.answer.ends_with("\r\n\r\n")) return;
    const int status = status_of(connection.answer);
    if (status >= 200 && status < 300) {
      latencies_ns_.push_back(now_ns() - connection.due_ns);
    } else {
      ++refused_;
    }
    connection.due_ns = 0;
    idle_.push_back(&connection);
  }

  const uint64_t interval_ns_;
  const uint64_t wanted_;
  const int poll_;
  std::vector<std::string> requests_;
  std::vector<Connection> connections_;
  std::vector<Connection*> idle_;
  uint64_t began_ns_ = 0;
  uint64_t sent_ = 0;
  size_t refused_ = 0;
  std::vector<uint64_t> latencies_ns_;
};

}  // namespace
}  // namespace durable_streams::bench

int main(int argc, char** argv) {
  using namespace durable_streams::bench;
  if (argc != 5) {
    std::fputs("usage: paced_append_bench PORT PATHS_FILE RATE SECONDS\n", stderr);
    return 1;
  }
  const uint64_t rate = std::strtoull(argv[3], nullptr, 10);
  if (rate == 0) fail("RATE must not be 0");
  PacedAppends appends(static_cast<uint16_t>(std::atoi(argv[1])), argv[2], rate,
                       std::strtoull(argv[4], nullptr, 10));
  appends.run();
  appends.print();
  return 0;
}
