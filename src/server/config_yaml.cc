#include "server/config_yaml.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>

#include "server/config_settings.h"

namespace durable_streams::server {
namespace {

// Merges of merges that a file may nest. Stops: an alias that contains itself.
constexpr int merge_depth_max = 16;

struct Entry {
  std::string key;
  YAML::Node value;
  int line;  // Of the key, from 1.
};

int line_of(const YAML::Node& node) {
  return node.Mark().line + 1;
}

// A Caddyfile opens blocks with a brace at the end of a line.
bool looks_like_caddyfile(std::string_view text, std::string_view file_name) {
  if (file_name.ends_with("Caddyfile") || file_name.ends_with(".caddyfile"))
    return true;
  if (file_name.ends_with(".yml") || file_name.ends_with(".yaml")) return false;
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = std::min(text.find('\n', start), text.size());
    std::string_view line = text.substr(start, end - start);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) {
      line.remove_suffix(1);
    }
    const bool is_block = line == "{" || line.ends_with(" {");
    if (is_block && line.find(':') == std::string_view::npos) return true;
    start = end + 1;
  }
  return false;
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  (c >= '0' && c <= '9') || c == '_';
         });
}

class Reader {
 public:
  Reader(const std::string& file_name, const Environment& environment)
      : file_name_(file_name), environment_(environment) {}

  void read_file(std::string_view text, const std::string& section_name) {
    YAML::Node root;
    try {
      root = YAML::Load(std::string(text));
    } catch (const YAML::Exception& exception) {
      if (looks_like_caddyfile(text, file_name_)) return refuse_caddyfile();
      return complain(exception.mark.line + 1, "this is not YAML: " + exception.msg);
    }
    if (looks_like_caddyfile(text, file_name_)) return refuse_caddyfile();
    if (!root.IsMap()) {
      return complain(1, "expected one section per environment, like \"production:\"");
    }
    std::vector<std::string> names;
    for (const Entry& entry : entries_of(root, 0)) {
      if (entry.key == section_name) return read_section(entry);
      names.push_back(entry.key);
    }
    result_.errors.push_back(fmt::format("{}: no section \"{}\"; there is {}",
                                         file_name_, section_name,
                                         fmt::join(names, ", ")));
  }

  YamlSettings take_result() { return std::move(result_); }

 private:
  void refuse_caddyfile() {
    result_.errors.push_back(file_name_ +
                             ": this is a Caddyfile. This server is not built on "
                             "Caddy; it reads YAML with one "
                             "section per environment (durable-streams config "
                             "--reference shows all settings)");
  }

  void complain(int line, const std::string& sentence) {
    result_.errors.push_back(fmt::format("{}:{}: {}", file_name_, line, sentence));
  }

  void read_section(const Entry& section) {
    if (section.value.IsNull()) return;  // Defaults.
    if (!section.value.IsMap()) {
      return complain(section.line,
                      fmt::format("\"{}\" is not a section", section.key));
    }
    read_group(section.value, "");
  }

  void read_group(const YAML::Node& map, const std::string& prefix) {
    for (const Entry& entry : entries_of(map, 0)) {
      read_entry(entry, prefix + entry.key);
    }
  }

  void read_entry(const Entry& entry, const std::string& path) {
    const bool is_group = is_setting_group(path);
    if (entry.value.IsMap() && is_group) return read_group(entry.value, path + ".");
    const auto setting = find_setting(path);
    if (setting) return read_setting(entry, *setting);
    if (is_group) {
      return complain(entry.line,
                      fmt::format("{} is a section: put its settings below it, "
                                  "indented",
                                  path));
    }
    const std::string_view nearest = nearest_setting(path);
    complain(entry.line, nearest.empty()
                             ? fmt::format("unknown key \"{}\"", path)
                             : fmt::format("unknown key \"{}\"; did you mean \"{}\"?",
                                           path, nearest));
  }

  void read_setting(const Entry& entry, size_t setting) {
    const std::string_view path = all_settings()[setting].path;
    std::vector<YAML::Node> nodes;
    if (entry.value.IsSequence()) {
      for (const YAML::Node& node : entry.value)
        nodes.push_back(node);
    } else {
      nodes.push_back(entry.value);
    }
    GivenSetting given{setting, {}, fmt::format("{}:{}", file_name_, entry.line)};
    for (const YAML::Node& node : nodes) {
      if (!node.IsScalar()) {
        return complain(entry.line, node.IsNull()
                                        ? fmt::format("{} has no value", path)
                                        : fmt::format("{} can't hold a section", path));
      }
      auto value = expand(node.Scalar(), entry.line, path);
      if (!value) return;
      given.values.push_back(std::move(*value));
    }
    if (given.values.empty()) {
      return complain(entry.line, fmt::format("{} has no value", path));
    }
    result_.given.push_back(std::move(given));
  }

  // The keys of a map with its merges applied, in the file's order.
  std::vector<Entry> entries_of(const YAML::Node& map, int depth) {
    std::vector<Entry> entries;
    std::vector<YAML::Node> merges;
    std::map<std::string, int> own_lines;
    for (const auto& pair : map) {
      const int line = line_of(pair.first);
      if (!pair.first.IsScalar()) {
        complain(line, "a key must be a word");
        continue;
      }
      const std::string& key = pair.first.Scalar();
      if (key == "<<") {
        merges.push_back(pair.second);
      } else if (const auto [first, is_new] = own_lines.emplace(key, line); !is_new) {
        complain(line, fmt::format("\"{}\" stands twice, first in line {}", key,
                                   first->second));
      } else {
        entries.push_back({key, pair.second, line});
      }
    }
    for (const YAML::Node& merge : merges)
      add_merge(entries, merge, depth + 1);
    return entries;
  }

  // Adds what `entries` does not have yet: own keys, and earlier merges, win.
  void add_merge(std::vector<Entry>& entries, const YAML::Node& merge, int depth) {
    if (depth > merge_depth_max) {
      return complain(line_of(merge), "merges are nested too deeply");
    }
    if (merge.IsSequence()) {
      for (const YAML::Node& one : merge)
        add_merge(entries, one, depth + 1);
      return;
    }
    if (!merge.IsMap()) {
      return complain(line_of(merge), "<< needs a section, or a list of sections");
    }
    for (Entry& entry : entries_of(merge, depth)) {
      const bool is_there =
          std::any_of(entries.begin(), entries.end(),
                      [&](const Entry& other) { return other.key == entry.key; });
      if (!is_there) entries.push_back(std::move(entry));
    }
  }

  // Fills ${NAME} and ${NAME:-default} in; nullopt after a complaint.
  std::optional<std::string> expand(std::string_view text, int line,
                                    std::string_view path) {
    if (text.find("<%") != std::string_view::npos) {
      complain(line,
               fmt::format("{}: ERB is not evaluated here; use ${{NAME}} for what the "
                           "environment holds",
                           path));
      return std::nullopt;
    }
    std::string expanded;
    while (true) {
      const size_t start = text.find("${");
      expanded += text.substr(0, start);
      if (start == std::string_view::npos) return expanded;
      if (start > 0 && text[start - 1] == '$') {
        expanded += '{';
        text.remove_prefix(start + 2);
        continue;
      }
      const size_t end = text.find('}', start);
      if (end == std::string_view::npos) {
        complain(line, fmt::format("{}: ${{ without its }}", path));
        return std::nullopt;
      }
      auto value = variable(text.substr(start + 2, end - start - 2), line, path);
      if (!value) return std::nullopt;
      expanded += *value;
      text.remove_prefix(end + 1);
    }
  }

  std::optional<std::string> variable(std::string_view reference, int line,
                                      std::string_view path) {
    const size_t separator = reference.find(":-");
    const std::string name(reference.substr(0, separator));
    if (!is_variable_name(name)) {
      complain(line,
               fmt::format("{}: \"{}\" is not the name of a variable", path, name));
      return std::nullopt;
    }
    const auto value = environment_(name);
    if (separator != std::string_view::npos && (!value || value->empty())) {
      return std::string(reference.substr(separator + 2));
    }
    if (!value) {
      complain(line, fmt::format("{}: {} is not set in the environment", path, name));
    }
    return value;
  }

  const std::string& file_name_;
  const Environment& environment_;
  YamlSettings result_;
};

}  // namespace

YamlSettings read_yaml_settings(std::string_view text, const std::string& file_name,
                                const std::string& section,
                                const Environment& environment) {
  Reader reader(file_name, environment);
  reader.read_file(text, section);
  return reader.take_result();
}

}  // namespace durable_streams::server
