#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/page_printer.h"
#include "cli/target.h"

namespace durable_streams::cli {
namespace {

struct Arguments {
  Target target;
  std::string offset = "-1";
  bool raw = false;
  bool print_offset = false;
};

int read(const Arguments& arguments, Context& context) {
  auto stream = arguments.target.open(context);
  if (!stream) return report(stream.error(), context);
  const PageForm form = arguments.raw ? PageForm::raw : PageForm::lines;
  client::ReadOptions options;
  options.offset = arguments.offset;
  while (true) {
    const auto page = stream->read(options);
    if (!page) return report(page.error(), context);
    if (const int code = print_page(*page, form, context); code != success) return code;
    if (page->next_offset == options.offset && !page->up_to_date) {
      context.console.complain("the server's pages do not go on");
      return failure;
    }
    options.offset = page->next_offset;
    if (page->up_to_date || page->closed) break;
  }
  if (arguments.print_offset)
    context.console.complain("next offset: " + options.offset);
  return success;
}

constexpr const char* footer = R"(
Prints what the stream holds now, from the offset on, and ends. Of a JSON stream each
message stands on a line of its own; of others the bytes are printed as they are.

Examples:
  durable-streams read orders | jq .total
  durable-streams read orders --offset 0000000000000001_0000000000000042
  durable-streams read photo > photo.jpg
)";

}  // namespace

void add_read(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("read", "Prints what a stream holds.");
  command->footer(footer);
  arguments->target.add_to(*command);
  command
      ->add_option("--offset", arguments->offset,
                   "Where to start: an offset that was printed, -1 (the start) or now. "
                   "Default: -1.")
      ->type_name("OFFSET");
  command->add_flag("--raw", arguments->raw,
                    "Print pages as the server sends them: of JSON streams arrays.");
  command->add_flag("--print-offset", arguments->print_offset,
                    "At the end say on standard error where the next read goes on.");
  command->callback([&chosen, arguments] {
    chosen = [arguments](Context& context) { return read(*arguments, context); };
  });
}

}  // namespace durable_streams::cli
