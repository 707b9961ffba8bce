// The table of all settings: the one place that knows their names. The YAML
// reader, the flags, `config --print` and docs/configuration.md follow it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/config.h"

namespace durable_streams::server {

struct Setting {
  std::string_view path;  // Where it stands in a section, "storage.data_dir".
  std::string_view flag;  // "--data-dir".
  std::string_view kind;  // For the reference: "duration".
  bool is_list;           // Takes several values; one is fine too.
  // What it is when nobody says, in words, where that depends on other
  // settings; else empty, and the default is show() of a fresh ServerConfig.
  std::string_view default_note;
  std::string_view doc;  // Sentences.

  // Sets it; `values` has at least one. On bad values: the rest of a sentence
  // that starts with the setting's name, and `config` stays as it was.
  std::optional<std::string> (*assign)(ServerConfig& config,
                                       std::span<const std::string> values);

  // The values as text; empty if there is none to show.
  std::vector<std::string> (*show)(const ServerConfig& config);
};

// In the order of the reference; settings of one group stand together.
std::span<const Setting> all_settings();

// Its place in all_settings(), by path.
std::optional<size_t> find_setting(std::string_view path);

// Whether some setting's path starts with `path` and a dot.
bool is_setting_group(std::string_view path);

// The setting's path that `path` most likely was meant to be; empty if none is
// near. A right last word in the wrong section counts as near.
std::string_view nearest_setting(std::string_view path);

}  // namespace durable_streams::server
