#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "cli/command_line.h"
#include "cli/exit_code.h"
#include "server/run.h"

namespace {

namespace ds = durable_streams;

// Only _exit() may be called here. Everything printed is written already. The
// server replaces this by its own, orderly end.
void end_interrupted(int) {
  ::_exit(ds::cli::interrupted);
}

}  // namespace

int main(int argc, char** argv) {
  // A closed pipe shows as EPIPE where it is written to.
  std::signal(SIGPIPE, SIG_IGN);
  // Who started this one with SIGINT ignored (nohup, a script's background job)
  // means it.
  if (std::signal(SIGINT, SIG_IGN) != SIG_IGN) std::signal(SIGINT, end_interrupted);
  ds::cli::Context context{
      ds::cli::Console(STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO),
      ds::server::process_environment(),
      ds::posix_file_system(),
      ds::system_clock(),
      [](int64_t delay_ms) {
        std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
      },
      [](const ds::server::ServerConfig& config) {
        return ds::server::run_server(config);
      },
  };
  return ds::cli::run_command_line({argv + 1, argv + argc}, context);
}
