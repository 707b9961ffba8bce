#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/store_report.h"
#include "storage/errc.h"

namespace durable_streams::cli {
namespace {

using Report = std::string (*)(const std::string& directory,
                               const storage::StoreSurvey& survey);

struct Arguments {
  std::string directory;
  bool as_json = false;
};

// Reads all of a store and prints what `text` or `json` makes of it.
int survey(const Arguments& arguments, Report text, Report json, Context& context) {
  const auto survey = storage::survey_store(context.files, arguments.directory);
  if (!survey) {
    context.console.complain(survey.error().message());
    return survey.error().code == storage::Errc::corruption ? damaged : failure;
  }
  const Report report = arguments.as_json ? json : text;
  if (!context.console.write(report(arguments.directory, *survey))) {
    return context.console.write_failure();
  }
  return survey->is_sound() ? success : damaged;
}

void add_survey(CLI::App& app, Action& chosen, const char* name,
                const char* description, const char* footer, Report text, Report json) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand(name, description);
  command->footer(footer);
  command->add_option("DIR", arguments->directory, "The data directory.")->required();
  command->add_flag("--json", arguments->as_json, "Print a JSON object.");
  command->callback([&chosen, arguments, text, json] {
    chosen = [=](Context& context) { return survey(*arguments, text, json, context); };
  });
}

constexpr const char* check_footer = R"(
Verifies the log and how its files join, and names every bad place with its file,
position and the streams concerned. Changes nothing. A server may run on the directory:
then what it had acknowledged when the check began is checked. What a crash has cut off
is no damage.

The exit code is 0 if all is sound, 8 if something is damaged.

Examples:
  durable-streams check /var/lib/durable-streams
  durable-streams check data --json | jq '.damage[].streams[].name'
)";

constexpr const char* stats_footer = R"(
Reads every byte, as check does, and changes nothing. A server may run on the directory.

Examples:
  durable-streams stats /var/lib/durable-streams
  durable-streams stats data --json | jq .deadBytes
)";

}  // namespace

void add_check(CLI::App& app, Action& chosen) {
  add_survey(app, chosen, "check", "Verifies every byte of a data directory.",
             check_footer, check_text, check_json);
}

void add_stats(CLI::App& app, Action& chosen) {
  add_survey(app, chosen, "stats", "Tells what takes up a data directory's space.",
             stats_footer, stats_text, stats_json);
}

}  // namespace durable_streams::cli
