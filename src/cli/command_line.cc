#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "cli/commands.h"
#include "cli/exit_code.h"

namespace durable_streams::cli {
namespace {

constexpr const char* description = "A server for durable streams, and its clients.";

constexpr const char* footer = R"(
STREAM is a stream's name below the base URL, or a whole http:// URL. The base URL
is --url, else $DURABLE_STREAMS_URL, else http://localhost:4437/v1/streams; the token
is --token, else $DURABLE_STREAMS_TOKEN, which goes to the base URL's host only.

Exit codes: 0 done, 1 failed, 2 bad command line or configuration, 3 no such stream,
4 closed or in conflict, 5 not allowed, 6 server not reachable, 7 the answer got lost
(the change may have happened), 8 data is damaged, 130 interrupted.

Examples:
  durable-streams server
  durable-streams create hello --content-type application/json
  echo '{"n":1}' | durable-streams append hello
  durable-streams read hello
  durable-streams tail hello
)";

void add_commands(CLI::App& app, Action& chosen) {
  add_server(app, chosen);
  add_config(app, chosen);
  add_create(app, chosen);
  add_append(app, chosen);
  add_read(app, chosen);
  add_tail(app, chosen);
  add_head(app, chosen);
  add_close(app, chosen);
  add_delete(app, chosen);
  add_keys(app, chosen);
  add_token(app, chosen);
  add_check(app, chosen);
  add_stats(app, chosen);
  add_backup(app, chosen);
  add_repair(app, chosen);
}

// "help" is "--help", "help read" is "read --help".
std::vector<std::string> without_help_word(std::vector<std::string> arguments) {
  if (arguments.empty()) return {"--help"};
  if (arguments.front() != "help") return arguments;
  arguments.erase(arguments.begin());
  arguments.push_back("--help");
  return arguments;
}

int run_parsed(std::vector<std::string> arguments, Context& context) {
  CLI::App app(description, "durable-streams");
  app.footer(footer);
  app.set_version_flag("--version", DURABLE_STREAMS_VERSION);
  app.require_subcommand(1);
  Action chosen;
  add_commands(app, chosen);
  try {
    std::reverse(arguments.begin(), arguments.end());  // As CLI11 wants them.
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const bool asked = app.exit(error, out, err) == 0;  // For help or the version.
    if (asked)
      return context.console.write(out.str()) ? success
                                              : context.console.write_failure();
    std::string sentence = err.str().substr(0, err.str().find('\n'));
    context.console.complain(sentence + " (durable-streams --help shows how)");
    return usage;
  }
  return chosen(context);
}

}  // namespace

int run_command_line(const std::vector<std::string>& arguments, Context& context) {
  try {
    return run_parsed(without_help_word(arguments), context);
  } catch (const std::exception& exception) {
    // Out of memory, say: nothing of ours throws.
    context.console.complain(std::string("stopped: ") + exception.what());
    return failure;
  }
}

}  // namespace durable_streams::cli
