// What every command stands on: its surroundings, replaceable by tests.
#pragma once

#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "base/file_system.h"
#include "cli/console.h"
#include "server/config_load.h"

namespace durable_streams::cli {

struct Context {
  Console console;
  server::Environment environment;
  FileSystem& files;
  const Clock& clock;

  // Waits that many milliseconds.
  std::function<void(int64_t)> sleep;
  // Serves until told to stop; returns the exit code.
  std::function<int(const server::ServerConfig&)> run_server;
};

// A parsed command, ready to run; returns the exit code.
using Action = std::function<int(Context&)>;

}  // namespace durable_streams::cli
