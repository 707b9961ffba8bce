// Loads the configuration for `server` and `config --check` alike.
#pragma once

#include <optional>

#include "cli/context.h"
#include "server/config_flags.h"

namespace durable_streams::cli {

// Says warnings and errors; nullopt if there were errors.
std::optional<server::ServerConfig> load_server_config(const server::ConfigFlags& flags,
                                                       Context& context);

}  // namespace durable_streams::cli
