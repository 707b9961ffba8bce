#include "server/config_load.h"

#include <fmt/format.h>

#include <cstdlib>

#include "server/config_rules.h"
#include "server/config_settings.h"

namespace durable_streams::server {
namespace {

// A configuration is short. Stops: reading a log or a device by mistake.
constexpr uint64_t file_bytes_max = 1024 * 1024;

Result<std::string> read_whole(FileSystem& files, const std::string& path) {
  auto file = files.open_readable(path);
  if (!file) return fail(std::move(file.error()));
  const auto size = (*file)->size();
  if (!size) return fail(size.error());
  if (*size > file_bytes_max) {
    return fail(std::make_error_code(std::errc::file_too_large), path);
  }
  std::string content(*size, '\0');
  const auto count = (*file)->read_at(0, content.data(), content.size());
  if (!count) return fail(count.error());
  content.resize(*count);
  return content;
}

// Puts `given` together. With `errors` already there the values are still
// checked, but not what they mean together: that may only follow from the errors.
LoadedConfig resolve(const std::vector<GivenSetting>& given,
                     const Environment& environment, std::vector<std::string> errors) {
  LoadedConfig loaded;
  loaded.errors = std::move(errors);
  for (const GivenSetting& one : given) {
    const Setting& setting = all_settings()[one.setting];
    if (const auto complaint = setting.assign(loaded.config, one.values)) {
      loaded.errors.push_back(
          one.is_flag ? fmt::format("{}: {}", one.where, *complaint)
                      : fmt::format("{}: {}: {}", one.where, setting.path, *complaint));
    }
  }
  if (loaded.errors.empty()) apply_rules(given, environment, loaded);
  return loaded;
}

}  // namespace

LoadedConfig load_config(const ConfigSources& sources, const Environment& environment,
                         FileSystem& files) {
  std::vector<GivenSetting> given;
  std::vector<std::string> errors;
  if (!sources.file.empty()) {
    const auto content = read_whole(files, sources.file);
    if (content) {
      YamlSettings yaml =
          read_yaml_settings(*content, sources.file, sources.section, environment);
      given = std::move(yaml.given);
      errors = std::move(yaml.errors);
    } else {
      errors.push_back(fmt::format("{}: cannot be read: {}", sources.file,
                                   content.error().code.message()));
    }
  }
  given.insert(given.end(), sources.flags.begin(), sources.flags.end());
  return resolve(given, environment, std::move(errors));
}

LoadedConfig resolve_config(const std::vector<GivenSetting>& given,
                            const Environment& environment) {
  return resolve(given, environment, {});
}

std::string default_section(const Environment& environment) {
  for (const char* name : {"DURABLE_STREAMS_ENV", "RAILS_ENV"}) {
    const auto value = environment(name);
    if (value && !value->empty()) return *value;
  }
  return "development";
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

}  // namespace durable_streams::server
