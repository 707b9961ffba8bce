#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/page_printer.h"
#include "cli/target.h"
#include "durable_streams/follower.h"

namespace durable_streams::cli {
namespace {

constexpr int64_t first_pause_ms = 200;
constexpr int64_t pause_ms_max = 5'000;

struct Arguments {
  Target target;
  std::string offset = "now";
  bool raw = false;
};

// Once it has seen the stream it goes on whatever happens to the connection; a
// server that was never there is said at once.
int tail(const Arguments& arguments, Context& context) {
  auto stream = arguments.target.open(context);
  if (!stream) return report(stream.error(), context);
  const PageForm form = arguments.raw ? PageForm::raw : PageForm::lines;
  // "now" must mean the moment of the start, also if the first wait is cut off.
  std::string offset = arguments.offset;
  if (offset == "now") {
    const auto metadata = stream->head();
    if (!metadata) return report(metadata.error(), context);
    offset = metadata->next_offset;
  }
  client::Follower follower(*stream, offset);
  bool has_seen_stream = arguments.offset == "now";
  int64_t pause_ms = first_pause_ms;
  while (true) {
    const auto page = follower.next();
    if (!page) {
      if (!has_seen_stream || !page.error().is_transient()) {
        return report(page.error(), context);
      }
      if (pause_ms == first_pause_ms) {
        context.console.complain(page.error().message + "; trying again");
      }
      context.sleep(pause_ms);
      pause_ms = std::min(pause_ms * 2, pause_ms_max);
      continue;
    }
    has_seen_stream = true;
    pause_ms = first_pause_ms;
    if (const int code = print_page(*page, form, context); code != success) return code;
    if (page->closed) return success;
  }
}

constexpr const char* footer = R"(
Prints what is appended from now on (or from --offset on), as it comes, until the
stream is closed. After a lost connection it goes on where it was, with nothing missing
and nothing doubled. Ctrl-C ends it with exit code 130.

Examples:
  durable-streams tail orders | jq .total
  durable-streams tail orders --offset -1
)";

}  // namespace

void add_tail(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("tail", "Prints a stream as it grows.");
  command->footer(footer);
  arguments->target.add_to(*command);
  command
      ->add_option("--offset", arguments->offset,
                   "Where to start: an offset that was printed, -1 (the start) or now. "
                   "Default: now.")
      ->type_name("OFFSET");
  command->add_flag("--raw", arguments->raw,
                    "Print pages as the server sends them: of JSON streams arrays.");
  command->callback([&chosen, arguments] {
    chosen = [arguments](Context& context) { return tail(*arguments, context); };
  });
}

}  // namespace durable_streams::cli
