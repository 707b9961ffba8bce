// From defaults, file and flags to a ServerConfig that is ready to run.
// A flag wins over the file, the file over the default.
//
// Threads: none of this is thread-safe against changes of the environment; it
// runs before any thread is started.
#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"
#include "server/config.h"
#include "server/config_yaml.h"

namespace durable_streams::server {

struct ConfigSources {
  std::string file;     // Path; empty: no file.
  std::string section;  // The environment's section in it.
  std::vector<GivenSetting> flags;
};

struct LoadedConfig {
  // Complete if `errors` is empty; not to be used otherwise.
  ServerConfig config;
  // One sentence each, with file and line, or flag, in front.
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};

// Reads the file through `files` and puts everything together.
LoadedConfig load_config(const ConfigSources& sources, const Environment& environment,
                         FileSystem& files);

// The same without a file: `given` in ascending precedence.
LoadedConfig resolve_config(const std::vector<GivenSetting>& given,
                            const Environment& environment);

// The section that is meant if nobody names one: $DURABLE_STREAMS_ENV, else
// $RAILS_ENV, else "development".
std::string default_section(const Environment& environment);

// The process's own environment.
Environment process_environment();

}  // namespace durable_streams::server
