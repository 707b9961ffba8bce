#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/store_report.h"
#include "storage/errc.h"
#include "storage/store_backup.h"

namespace durable_streams::cli {
namespace {

struct Arguments {
  std::string directory;
  std::string to;
  storage::BackupOptions options;
};

int backup(const Arguments& arguments, Context& context) {
  const auto report = storage::backup_store(context.files, arguments.directory,
                                            arguments.to, arguments.options);
  if (!report) {
    context.console.complain("no backup was made: " + report.error().message());
    return report.error().code == storage::Errc::corruption ? damaged : failure;
  }
  const std::string text = fmt::format(
      "{}: a backup of {}: {} linked, {} copied ({})\n{}", arguments.to,
      arguments.directory, counted(report->linked_files, "file"), report->copied_files,
      readable_bytes(report->copied_bytes), check_text(arguments.to, report->survey));
  return context.console.write(text) ? success : context.console.write_failure();
}

constexpr const char* footer = R"(
A server may run on DIR: the backup is its log as it was at one moment, with every write
that was acknowledged before this command began. TO must not exist or be empty. On the
same file system files are linked, which takes no space and no time; but links share
their blocks with DIR: copy TO to another disk, or back up to one. The result is checked
as durable-streams check does it. To restore, start a server on TO or on a copy of it.

Examples:
  durable-streams backup /var/lib/durable-streams /backup/monday
  durable-streams server --data-dir /backup/monday
)";

}  // namespace

void add_backup(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("backup", "Copies a data directory, also one in use.");
  command->footer(footer);
  command->add_option("DIR", arguments->directory, "The data directory.")->required();
  command->add_option("TO", arguments->to, "Where the backup goes.")->required();
  command->add_flag("--copy", arguments->options.copy_all,
                    "Copy all files, also where they could be linked.");
  command->callback([&chosen, arguments] {
    chosen = [arguments](Context& context) { return backup(*arguments, context); };
  });
}

}  // namespace durable_streams::cli
