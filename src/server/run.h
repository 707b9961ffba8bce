// The process `durable-streams server`.
#pragma once

#include "server/config.h"

namespace durable_streams::server {

// Serves until SIGTERM or SIGINT, and returns the exit code: 0 after a clean
// stop, 1 if it could not start or storage failed. SIGHUP rereads the keys.
// Blocks; one per process.
int run_server(const ServerConfig& config);

}  // namespace durable_streams::server
