// The settings as command-line flags.
#pragma once

#include <string>
#include <vector>

#include "server/config_load.h"

namespace CLI {
class App;
}

namespace durable_streams::server {

// What the flags of one command said. Filled while the command line is parsed;
// stays where it is from add_to() until then.
class ConfigFlags {
 public:
  // Adds a flag for every setting to `app`, and --config and --env.
  void add_to(CLI::App& app);

  // After parsing. Falls back to the variables that docs/configuration.md names.
  ConfigSources sources(const Environment& environment) const;

 private:
  std::vector<std::vector<std::string>> values_;  // By place in all_settings().
  std::string file_;
  std::string section_;
};

}  // namespace durable_streams::server
