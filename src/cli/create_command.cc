#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>

#include "base/limits.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/target.h"

namespace durable_streams::cli {
namespace {

struct Arguments {
  Target target;
  client::CreateOptions options;
  bool from_stdin = false;
};

// "90", "90s", "15m", "1h", "7d", in seconds.
std::optional<uint64_t> parse_ttl(const std::string& text) {
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || number > limits::ttl_seconds_max) return std::nullopt;
  const std::string_view unit(stop, static_cast<size_t>(end - stop));
  uint64_t factor = 0;
  if (unit.empty() || unit == "s") factor = 1;
  if (unit == "m") factor = 60;
  if (unit == "h") factor = 3600;
  if (unit == "d") factor = 86'400;
  if (factor == 0 || number * factor > limits::ttl_seconds_max) return std::nullopt;
  return number * factor;
}

int create(const Arguments& arguments, Context& context) {
  auto stream = arguments.target.open(context);
  if (!stream) return report(stream.error(), context);
  std::string body;
  if (arguments.from_stdin) {
    auto input = context.console.read_all();
    if (!input) return failure;
    body = std::move(*input);
  }
  const auto created = stream->create(arguments.options, body);
  if (!created) return report(created.error(), context);
  if (!created->is_new) {
    context.console.complain(
        body.empty() ? "the stream was there already, as asked for"
                     : "the stream was there already; nothing was appended");
  }
  return context.console.write_line(created->next_offset)
             ? success
             : context.console.write_failure();
}

constexpr const char* footer = R"(
Prints the offset at which the stream ends. A stream that is there with the same
configuration is fine; with another one the exit code is 4.

Examples:
  durable-streams create orders --content-type application/json
  durable-streams create session/17 --content-type text/plain --ttl 15m
  durable-streams create report --content-type text/csv --stdin --closed < report.csv
)";

}  // namespace

void add_create(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("create", "Makes a stream.");
  command->footer(footer);
  arguments->target.add_to(*command);
  command
      ->add_option("--content-type", arguments->options.content_type,
                   "What the stream holds. Default: application/octet-stream. Of "
                   "application/json the server keeps messages apart.")
      ->type_name("TYPE");
  command
      ->add_option_function<std::string>(
          "--ttl",
          [arguments](const std::string& text) {
            arguments->options.ttl_seconds = parse_ttl(text);
            if (!arguments->options.ttl_seconds) {
              throw CLI::ValidationError("--ttl: \"" + text +
                                         "\" is not a time like 90s, 15m, 1h or 7d");
            }
          },
          "Delete the stream when nobody read or wrote it for so long.")
      ->type_name("TIME");
  command
      ->add_option("--expires-at", arguments->options.expires_at,
                   "Delete the stream then: a time like 2030-01-31T12:00:00Z.")
      ->type_name("TIME");
  command->add_flag("--closed", arguments->options.closed,
                    "The stream is complete: nothing can be appended.");
  command->add_flag("--stdin", arguments->from_stdin,
                    "The stream's first bytes are those of standard input.");
  command->callback([&chosen, arguments] {
    chosen = [arguments](Context& context) { return create(*arguments, context); };
  });
}

}  // namespace durable_streams::cli
