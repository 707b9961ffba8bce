#include "cli/console.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/exit_code.h"

namespace durable_streams::cli {
namespace {

constexpr size_t read_bytes = 64 * 1024;

// 0, or an errno value.
int write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) return errno;
    if (count > 0) bytes.remove_prefix(static_cast<size_t>(count));
  }
  return 0;
}

}  // namespace

bool Console::write(std::string_view bytes) {
  write_error_ = write_all(out_, bytes);
  return write_error_ == 0;
}

bool Console::write_line(std::string_view text) {
  return write(std::string(text) + "\n");
}

int Console::write_failure() {
  if (write_error_ == EPIPE) return broken_pipe;
  complain(std::string("can't write the output: ") + std::strerror(write_error_));
  return failure;
}

void Console::complain(std::string_view sentence) {
  std::string line = "durable-streams: ";
  for (const char c : sentence) {
    line += (c >= 0 && c < 0x20) || c == 0x7f ? ' ' : c;
  }
  // Nobody can be told if this fails.
  static_cast<void>(write_all(err_, line + "\n"));
}

bool Console::is_interactive() const {
  return ::isatty(in_) == 1 && ::isatty(out_) == 1;
}

std::optional<std::string> Console::read_some() {
  std::string bytes(read_bytes, '\0');
  ssize_t count;
  do {
    count = ::read(in_, bytes.data(), bytes.size());
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    complain(std::string("can't read the input: ") + std::strerror(errno));
    return std::nullopt;
  }
  bytes.resize(static_cast<size_t>(count));
  return bytes;
}

std::optional<std::string> Console::read_all() {
  std::string all;
  while (true) {
    const auto some = read_some();
    if (!some) return std::nullopt;
    if (some->empty()) return all;
    all += *some;
  }
}

}  // namespace durable_streams::cli
