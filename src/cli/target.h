// Which stream a client command means, and what it shows there.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "durable_streams/stream.h"

namespace CLI {
class App;
}

namespace durable_streams::cli {

// The arguments STREAM, --url, --token and --timeout of one command. Lives as
// long as the command.
class Target {
 public:
  void add_to(CLI::App& command);

  // Connects to nothing. The token of the environment goes to the base URL's
  // host only: a whole URL that names another host gets none.
  // Errors: invalid_argument.
  client::Result<client::Stream> open(const Context& context) const;

 private:
  std::string stream_;
  std::string url_;
  std::string token_;
  int64_t timeout_ms_ = 30'000;
};

// Says what went wrong and returns the exit code for it.
int report(const client::Error& error, Context& context);

}  // namespace durable_streams::cli
