#include "server/config_flags.h"

#include <CLI/CLI.hpp>

#include "server/config_settings.h"

namespace durable_streams::server {
namespace {

std::string group_name(const Setting& setting) {
  const size_t dot = setting.path.find('.');
  if (dot == std::string_view::npos) return "Settings";
  return "Settings: " + std::string(setting.path.substr(0, dot));
}

std::string description(const Setting& setting) {
  std::string text(setting.doc);
  if (!setting.default_note.empty()) {
    return text + " Default: " + std::string(setting.default_note) + ".";
  }
  const std::vector<std::string> values = setting.show(ServerConfig());
  if (!values.empty()) text += " Default: " + values[0] + ".";
  return text;
}

}  // namespace

void ConfigFlags::add_to(CLI::App& app) {
  app.add_option("--config", file_,
                 "The configuration file. Default: $DURABLE_STREAMS_CONFIG, else none.")
      ->type_name("FILE");
  app.add_option("--env", section_,
                 "Its section. Default: $DURABLE_STREAMS_ENV, $RAILS_ENV, development.")
      ->type_name("NAME");
  const auto settings = all_settings();
  values_.resize(settings.size());
  for (size_t i = 0; i < settings.size(); ++i) {
    CLI::Option* option = app.add_option(std::string(settings[i].flag), values_[i],
                                         description(settings[i]));
    option->type_name(std::string(settings[i].kind))->group(group_name(settings[i]));
    option->expected(1);
    option->multi_option_policy(settings[i].is_list ? CLI::MultiOptionPolicy::TakeAll
                                                    : CLI::MultiOptionPolicy::Throw);
    if (settings[i].is_list) option->delimiter(',');
  }
}

ConfigSources ConfigFlags::sources(const Environment& environment) const {
  ConfigSources sources{file_, section_, {}};
  if (sources.file.empty()) {
    sources.file = environment("DURABLE_STREAMS_CONFIG").value_or("");
  }
  if (sources.section.empty()) sources.section = default_section(environment);
  for (size_t i = 0; i < values_.size(); ++i) {
    if (values_[i].empty()) continue;
    sources.flags.push_back({i, values_[i], std::string(all_settings()[i].flag), true});
  }
  return sources;
}

}  // namespace durable_streams::server
