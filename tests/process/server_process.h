// The real binary as a child process that can be killed, stopped and started again
// on the same port and data directory.
//
// Threads: used by one thread at a time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace durable_streams::process {

struct ServerOptions {
  std::string binary = {};
  std::string directory = {};  // Of the test: data/ and server.log are in it, and files
                               // that name a bad disk's troubles (bad_disk.cc).
  std::string log_name = "server.log";
  std::string preload = {};  // A library for LD_PRELOAD (bad_disk.cc); empty: none.
  std::vector<std::string> arguments = {};  // More of them.
  uint64_t descriptors_max = 0;             // RLIMIT_NOFILE; 0: as it is.
};

// Waits, up to five minutes, until `condition` holds. False if it never did.
bool wait_until(const std::function<bool()>& condition);

// A port of 127.0.0.1 on which nobody listens. While the object lives the kernel gives
// it to nobody who asks for any port, not even between a server's end and its next
// start; who names it and sets SO_REUSEADDR, as a server does, can listen on it.
class ReservedPort {
 public:
  ReservedPort();  // Ends the process if there is none.
  ~ReservedPort();
  ReservedPort(const ReservedPort&) = delete;
  ReservedPort& operator=(const ReservedPort&) = delete;

  uint16_t number() const { return number_; }

 private:
  const int socket_;  // Bound, and never listening.
  uint16_t number_ = 0;
};

class ServerProcess {
 public:
  // `port` stays the same over restarts.
  ServerProcess(ServerOptions options, uint16_t port);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Starts the process and returns at once.
  void start();
  // Waits until it answers /up. False if it has ended, or does not within five
  // minutes.
  bool wait_until_up();

  // Waits until its log holds `text`. False if it ends without, or does not
  // within five minutes.
  bool wait_for_output(std::string_view text);

  // Sends a signal: SIGSTOP, SIGCONT, SIGTERM ...
  void signal(int number);
  // Waits for its end and returns its exit status, 128 + the signal's number, or -1
  // if it does not end within five minutes.
  int wait_for_end();
  void kill();

  bool running() const { return pid_ > 0; }
  uint16_t port() const { return port_; }
  std::string base_url() const;
  std::string log_path() const { return options_.directory + "/" + options_.log_name; }
  std::string output() const;
  // How many descriptors it has.
  size_t open_files() const;

 private:
  bool has_ended() const;

  const ServerOptions options_;
  const uint16_t port_;
  pid_t pid_ = 0;
};

}  // namespace durable_streams::process
