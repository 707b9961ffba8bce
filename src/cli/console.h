// Standard input, output and error of a command: three file descriptors, so
// that tests can put others in their place.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace durable_streams::cli {

class Console {
 public:
  // Owns none of them.
  Console(int in, int out, int err) : in_(in), out_(out), err_(err) {}

  // Writes all of `bytes`, at once and unchanged. False if that failed; then
  // write_failure() ends the command.
  [[nodiscard]] bool write(std::string_view bytes);

  // `text` and a line break.
  [[nodiscard]] bool write_line(std::string_view text);

  // Says why write() failed, unless the reader has just gone, and returns the
  // exit code for it.
  int write_failure();

  // One line on standard error: "durable-streams: sentence". Control characters,
  // which a server may have sent, are replaced.
  void complain(std::string_view sentence);

  // Whether a person can be asked: input and output are a terminal.
  bool is_interactive() const;

  // The next bytes of standard input, as many as are there; empty at its end,
  // nullopt after a failure (which it has said).
  std::optional<std::string> read_some();

  // All of it, likewise.
  std::optional<std::string> read_all();

 private:
  const int in_;
  const int out_;
  const int err_;
  int write_error_ = 0;  // errno of the write() that failed.
};

}  // namespace durable_streams::cli
