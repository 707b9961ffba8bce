#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/target.h"

namespace durable_streams::cli {
namespace {

int remove(const Target& target, Context& context) {
  auto stream = target.open(context);
  if (!stream) return report(stream.error(), context);
  const auto removed = stream->remove();
  return removed ? success : report(removed.error(), context);
}

constexpr const char* footer = R"(
All that the stream holds is gone, for readers too. Prints nothing.

Example:
  durable-streams delete orders
)";

}  // namespace

void add_delete(CLI::App& app, Action& chosen) {
  auto target = std::make_shared<Target>();
  CLI::App* command = app.add_subcommand("delete", "Deletes a stream.");
  command->footer(footer);
  target->add_to(*command);
  command->callback([&chosen, target] {
    chosen = [target](Context& context) { return remove(*target, context); };
  });
}

}  // namespace durable_streams::cli
