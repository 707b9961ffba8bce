// The server's log: lines for people (console) or one JSON object a line.
//
// Everything goes to standard error through spdlog's default logger; what a
// pipe wants goes to standard output, elsewhere. Configured once at start.
#pragma once

#include "server/config.h"

namespace durable_streams::server {

void configure_logging(LogFormat format, LogLevel level);
void set_log_level(LogLevel level);

}  // namespace durable_streams::server
