// Reads one environment's section of a configuration file.
//
// The file is YAML: one section per environment, with anchors and `<<` merges
// (one or a list; merged keys are those of the first level only, and a
// section's own keys win). Scalars may hold ${NAME} and ${NAME:-default}, filled
// in from the environment after parsing, so that a value can't change the
// file's structure; `$${` stands for `${`.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace durable_streams::server {

// Looks a variable up; nullopt if it isn't set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// One setting that somebody gave.
struct GivenSetting {
  size_t setting = 0;               // Place in all_settings().
  std::vector<std::string> values;  // At least one.
  std::string where;                // "config.yml:12" or "--port".
  bool is_flag = false;
};

struct YamlSettings {
  std::vector<GivenSetting> given;  // Each setting at most once.
  std::vector<std::string> errors;  // Sentences that start with "file:line: ".
};

// `text` is the content of `file_name` (used in messages); `section` the
// environment. Reports everything that it finds, not only the first thing.
YamlSettings read_yaml_settings(std::string_view text, const std::string& file_name,
                                const std::string& section,
                                const Environment& environment);

}  // namespace durable_streams::server
