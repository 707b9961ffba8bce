// Writes settings down: the reference for people, and a configuration's
// effective values.
#pragma once

#include <string>

#include "server/config.h"

namespace durable_streams::server {

// docs/configuration.md.
std::string configuration_reference();

// Every setting with its effective value, as one YAML section that the loader
// would read back; `section` is its name. Settings without a value are left out.
std::string configuration_yaml(const ServerConfig& config, const std::string& section);

}  // namespace durable_streams::server
