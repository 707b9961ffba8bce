#include "cli/server_config.h"

namespace durable_streams::cli {

std::optional<server::ServerConfig> load_server_config(const server::ConfigFlags& flags,
                                                       Context& context) {
  server::LoadedConfig loaded = server::load_config(flags.sources(context.environment),
                                                    context.environment, context.files);
  for (const std::string& warning : loaded.warnings) {
    context.console.complain("warning: " + warning);
  }
  for (const std::string& error : loaded.errors)
    context.console.complain(error);
  if (!loaded.errors.empty()) return std::nullopt;
  return std::move(loaded.config);
}

}  // namespace durable_streams::cli
