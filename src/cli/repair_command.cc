#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/store_report.h"
#include "storage/errc.h"
#include "storage/salvage_source.h"
#include "storage/store_repair.h"

namespace durable_streams::cli {
namespace {

struct Arguments {
  std::string directory;
  bool yes = false;
};

int complain(const Error& error, Context& context) {
  context.console.complain(error.message());
  return error.code == storage::Errc::corruption ? damaged
         : error.code == storage::Errc::locked   ? conflict
                                                 : failure;
}

std::string fate_of(const storage::StreamLoss& loss) {
  if (loss.ended) return "it stays deleted";
  if (!loss.path.empty()) return fmt::format("it will begin at {}", loss.to);
  return "what is left of it will be " + storage::lost_path(loss.stream_id);
}

// What a repair gives up, place by place.
std::string loss_text(const storage::StoreSurvey& survey) {
  std::string text = "A repair gives up:\n" + damage_text(survey.damage, fate_of);
  const bool is_certain = std::all_of(
      survey.damage.begin(), survey.damage.end(),
      [](const storage::Damage& damage) { return !damage.streams.empty(); });
  if (is_certain) return text;
  return text +
         "Where no stream is named, records may be lost that nothing tells of: last "
         "bytes,\nrenewals of a TTL, closures, and deletions (such streams are there "
         "again).\n";
}

// Whether the user says so; asks on a terminal only.
bool is_wanted(const Arguments& arguments, Context& context) {
  if (arguments.yes) return true;
  if (!context.console.is_interactive()) {
    context.console.complain("nothing was changed: say --yes to repair " +
                             arguments.directory);
    return false;
  }
  if (!context.console.write("Repair it? Type yes: ")) return false;
  const auto answer = context.console.read_some();
  return answer && *answer == "yes\n";
}

int repair(const Arguments& arguments, Context& context) {
  const auto before = storage::survey_store(context.files, arguments.directory);
  if (!before) return complain(before.error(), context);
  const std::string found = before->is_sound()
                                ? check_text(arguments.directory, *before)
                                : loss_text(*before);
  if (!context.console.write(found)) return context.console.write_failure();
  if (before->is_sound()) return success;
  if (!is_wanted(arguments, context)) return usage;

  const auto report =
      storage::repair_store(context.files, arguments.directory, context.clock);
  if (!report) return complain(report.error(), context);
  const std::string text =
      fmt::format(
          "Repaired: {} rewritten. The files as they were are in {}/{}:\n"
          "remove it when nothing is missed.\n",
          counted(report->replaced.size(), "file"), arguments.directory,
          report->kept_in) +
      check_text(arguments.directory, report->after);
  return context.console.write(text) ? success : context.console.write_failure();
}

constexpr const char* footer = R"(
Says what is damaged and what would be given up, and does it only with --yes, or when
asked on a terminal. No server may run on DIR. What is good is kept: a stream with lost
bytes begins behind them; its newest bytes, producers and closure stay. What is left of
a stream whose name is lost is under lost+found/. Before anything is changed all files
are kept in DIR/damaged-<time>, by links: that is the store as it was.

The exit code is 0 if DIR is sound afterwards, 2 if nothing was changed.

Examples:
  durable-streams repair /var/lib/durable-streams
  durable-streams repair data --yes
)";

}  // namespace

void add_repair(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("repair", "Makes a damaged data directory sound again.");
  command->footer(footer);
  command->add_option("DIR", arguments->directory, "The data directory.")->required();
  command->add_flag("--yes", arguments->yes, "Do it, without a question.");
  command->callback([&chosen, arguments] {
    chosen = [arguments](Context& context) { return repair(*arguments, context); };
  });
}

}  // namespace durable_streams::cli
