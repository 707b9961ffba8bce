#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/server_config.h"

namespace durable_streams::cli {
namespace {

struct Arguments {
  server::ConfigFlags flags;
  bool exit_with_parent = false;
};

int serve(const Arguments& arguments, Context& context) {
  auto config = load_server_config(arguments.flags, context);
  if (!config) return usage;
  config->exit_with_parent = arguments.exit_with_parent;
  return context.run_server(*config);
}

constexpr const char* footer = R"(
Needs no configuration: it then serves this machine only, on port 4437, and says where
it keeps its data and how to try it. SIGTERM and SIGINT stop it after the requests in
flight. docs/configuration.md, or durable-streams config --reference, tells of every
setting.

Examples:
  durable-streams server
  durable-streams server --engine memory --port 4500
  durable-streams server --config config/durable_streams.yml --env production
)";

}  // namespace

void add_server(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("server", "Serves streams.");
  command->footer(footer);
  arguments->flags.add_to(*command);
  command->add_flag("--exit-with-parent", arguments->exit_with_parent,
                    "Stop when the process that started this one has gone.");
  command->callback([&chosen, arguments] {
    chosen = [arguments](Context& context) { return serve(*arguments, context); };
  });
}

}  // namespace durable_streams::cli
