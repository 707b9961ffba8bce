#include "server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

namespace durable_streams::process {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds poll_interval{20};
// More than a slow machine with a busy disk takes for anything.
constexpr std::chrono::minutes patience{5};

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool answers(uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval answer_wait{1, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &answer_wait, sizeof answer_wait);
  const sockaddr_in address = loopback(port);
  char status[12] = {};
  constexpr std::string_view request = "GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const bool up =
      ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address),
                sizeof address) == 0 &&
      ::send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) > 0 &&
      ::recv(descriptor, status, sizeof status, MSG_WAITALL) == sizeof status &&
      std::string_view(status, sizeof status) == "HTTP/1.1 200";
  ::close(descriptor);
  return up;
}

}  // namespace

bool wait_until(const std::function<bool()>& condition) {
  const auto deadline = Clock::now() + patience;
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(poll_interval);
  }
  return true;
}

ReservedPort::ReservedPort()
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int on = 1;
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fmt::print(stderr, "no free port on 127.0.0.1\n");
    std::exit(2);
  }
  number_ = ntohs(address.sin_port);
}

ReservedPort::~ReservedPort() {
  ::close(socket_);
}

ServerProcess::ServerProcess(ServerOptions options, uint16_t port)
    : options_(std::move(options)), port_(port) {}

ServerProcess::~ServerProcess() {
  if (running()) kill();
}

void ServerProcess::start() {
  std::vector<std::string> words = {options_.binary,
                                    "server",
                                    "--bind",
                                    "127.0.0.1",
                                    "--port",
                                    std::to_string(port_),
                                    "--data-dir",
                                    options_.directory + "/data",
                                    "--long-poll-timeout",
                                    "500ms",
                                    "--exit-with-parent"};
  words.insert(words.end(), options_.arguments.begin(), options_.arguments.end());
  std::vector<char*> arguments;
  for (std::string& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string preload = "LD_PRELOAD=" + options_.preload;
  const std::string disk = "DURABLE_STREAMS_TEST_DISK=" + options_.directory;
  const rlimit descriptors{options_.descriptors_max, options_.descriptors_max};
  const int log =
      ::open(log_path().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

  pid_ = ::fork();
  if (pid_ != 0) {
    ::close(log);
    return;
  }
  // Only what a child of a process with threads may do.
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  if (!options_.preload.empty()) {
    ::putenv(const_cast<char*>(preload.c_str()));
    ::putenv(const_cast<char*>(disk.c_str()));
  }
  if (options_.descriptors_max > 0) ::setrlimit(RLIMIT_NOFILE, &descriptors);
  ::execv(arguments.front(), arguments.data());
  ::_exit(127);
}

bool ServerProcess::wait_until_up() {
  bool up = false;
  wait_until([&] {
    up = answers(port_);
    return up || has_ended();
  });
  return up;
}

bool ServerProcess::wait_for_output(std::string_view text) {
  bool found = false;
  wait_until([&] {
    const bool over = has_ended();  // Before the look: what it said last counts.
    found = output().find(text) != std::string::npos;
    return found || over;
  });
  return found;
}

std::string ServerProcess::output() const {
  std::ostringstream text;
  text << std::ifstream(log_path()).rdbuf();
  return text.str();
}

size_t ServerProcess::open_files() const {
  const std::filesystem::directory_iterator files(fmt::format("/proc/{}/fd", pid_));
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

bool ServerProcess::has_ended() const {
  siginfo_t ended{};
  ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT);
  return ended.si_pid != 0;
}

void ServerProcess::signal(int number) {
  if (running()) ::kill(pid_, number);
}

int ServerProcess::wait_for_end() {
  int status = 0;
  if (!wait_until([&] { return ::waitpid(pid_, &status, WNOHANG) != 0; })) return -1;
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void ServerProcess::kill() {
  signal(SIGKILL);
  wait_for_end();
}

std::string ServerProcess::base_url() const {
  return fmt::format("http://127.0.0.1:{}/v1/streams", port_);
}

}  // namespace durable_streams::process
