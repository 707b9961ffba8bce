#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/target.h"

namespace durable_streams::cli {
namespace {

int close(const Target& target, Context& context) {
  auto stream = target.open(context);
  if (!stream) return report(stream.error(), context);
  const auto closed = stream->close();
  if (!closed) return report(closed.error(), context);
  return context.console.write_line(closed->next_offset)
             ? success
             : context.console.write_failure();
}

constexpr const char* footer = R"(
Readers see the end, nothing can be appended any more, and there is no way back. What
the stream holds stays. Prints its last offset. Fine if it is closed already.

Example:
  durable-streams close orders
)";

}  // namespace

void add_close(CLI::App& app, Action& chosen) {
  auto target = std::make_shared<Target>();
  CLI::App* command = app.add_subcommand("close", "Ends a stream.");
  command->footer(footer);
  target->add_to(*command);
  command->callback([&chosen, target] {
    chosen = [target](Context& context) { return close(*target, context); };
  });
}

}  // namespace durable_streams::cli
