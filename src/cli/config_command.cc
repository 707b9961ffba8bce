#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/server_config.h"
#include "server/config_reference.h"

namespace durable_streams::cli {
namespace {

struct Arguments {
  server::ConfigFlags flags;
  bool check = false;
  bool print = false;
  bool reference = false;
};

int write(const std::string& text, Context& context) {
  return context.console.write(text) ? success : context.console.write_failure();
}

int config(const Arguments& arguments, Context& context) {
  if (arguments.reference) return write(server::configuration_reference(), context);
  const auto loaded = load_server_config(arguments.flags, context);
  if (!loaded) return usage;
  const server::ConfigSources sources = arguments.flags.sources(context.environment);
  if (arguments.print) {
    return write(server::configuration_yaml(*loaded, sources.section), context);
  }
  const std::string what = sources.file.empty() ? "no file, only defaults and flags"
                                                : sources.file + ", " + sources.section;
  return write("The configuration is good (" + what + ").\n", context);
}

constexpr const char* footer = R"(
Takes the flags of durable-streams server. --check reads the configuration as the server
would and says everything that is wrong with it; the exit code is 2 then.

Examples:
  durable-streams config --check --config config/durable_streams.yml --env production
  durable-streams config --print --port 4500
  durable-streams config --reference > docs/configuration.md
)";

}  // namespace

void add_config(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("config", "Checks and shows the configuration.");
  command->footer(footer);
  command->add_flag("--check", arguments->check,
                    "Say what is wrong, if anything (the default).");
  command->add_flag("--print", arguments->print, "Print what is in force, as YAML.");
  command->add_flag("--reference", arguments->reference,
                    "Print what can be configured, as Markdown.");
  arguments->flags.add_to(*command);
  command->callback([&chosen, arguments] {
    if (arguments->check + arguments->print + arguments->reference > 1) {
      throw CLI::ValidationError("--check, --print and --reference exclude each other");
    }
    chosen = [arguments](Context& context) { return config(*arguments, context); };
  });
}

}  // namespace durable_streams::cli
