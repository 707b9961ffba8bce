#include "server/config_reference.h"

#include <fmt/format.h>

#include <string_view>

#include "server/config_settings.h"

namespace durable_streams::server {
namespace {

constexpr std::string_view introduction = R"(# Configuration

<!-- Made by `durable-streams config --reference`; change src/server/config_settings.cc. -->

A server needs no configuration: `durable-streams server` listens on 127.0.0.1
and ::1, port 4437, keeps its data in the user's data directory and says so.
For anything else, write a YAML file with one section per environment, or use
flags. A flag wins over the file, the file over the default.

```yaml
default: &default
  port: 4437
  storage:
    long_poll_timeout: 20s

development:
  <<: *default

production:
  <<: *default
  auth:
    verify_key: /etc/durable_streams/verify_key.pem
    issuer: https://app.example.com
    audience: ${STREAMS_AUDIENCE:-https://streams.example.com/v1/streams}
  internal:
    port: 4438
    bind: 10.0.0.5
    allowed_ips: [10.0.0.0/24]
  storage:
    data_dir: /var/lib/durable-streams
```

```sh
durable-streams server --config config/durable_streams.yml --env production
durable-streams config --check --config config/durable_streams.yml --env production
durable-streams config --print --env production   # what is in force
```

- The file: `--config`, else `$DURABLE_STREAMS_CONFIG`, else none. The section:
  `--env`, else `$DURABLE_STREAMS_ENV`, else `$RAILS_ENV`, else `development`.
- `<<` takes an alias or a list of them. A section's own keys win; of several
  merged sections the first wins. Only the first level is merged: `storage` in
  `production` above replaces that of `default` as a whole.
- `${NAME}` in a value is filled in from the environment; it is an error if NAME
  is not set. `${NAME:-text}` falls back to the text. `$${` stands for `${`.
  ERB is not evaluated.
- Unknown keys, keys that stand twice and bad values are errors that name file
  and line. The server does not start with any.
- Durations have a unit: `500ms`, `30s`, `2m`, `1h`. Sizes may: `64KiB`, `8MiB`.
- Relative paths count from the directory in which the server is started.
- A flag that takes several values may stand several times.
)";

struct Group {
  std::string_view prefix;  // Empty: settings of the first level.
  std::string_view heading;
};

constexpr Group groups[] = {
    {"", "The listener"},
    {"auth", "auth: who may use it"},
    {"tls", "tls"},
    {"internal", "internal: for the app's servers"},
    {"cors", "cors: for browsers"},
    {"storage", "storage"},
    {"limits", "limits"},
    {"log", "log"},
};

std::string_view group_of(std::string_view path) {
  if (path == "auth") return path;
  const size_t dot = path.find('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

std::string joined(const std::vector<std::string>& values, std::string_view separator) {
  return fmt::format("{}", fmt::join(values, separator));
}

std::string default_text(const Setting& setting) {
  if (!setting.default_note.empty()) return std::string(setting.default_note);
  return "`" + joined(setting.show(ServerConfig()), ", ") + "`";
}

// A YAML scalar that is read back as the same text: plain if it's plain enough.
std::string yaml_scalar(const std::string& value) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";
  if (value.find_first_not_of(plain) == std::string::npos && value.front() != '-') {
    return value;
  }
  std::string quoted = "\"";
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '"' || value[i] == '\\') quoted += '\\';
    quoted += value[i];
    // "${" would be filled in when read back.
    if (value[i] == '$' && value.compare(i, 2, "${") == 0) quoted += '$';
  }
  return quoted + "\"";
}

}  // namespace

std::string configuration_reference() {
  std::string text(introduction);
  for (const Group& group : groups) {
    text +=
        fmt::format("\n## {}\n\n| key | flag | value | default |\n|---|---|---|---|\n",
                    group.heading);
    std::string sentences;
    for (const Setting& setting : all_settings()) {
      if (group_of(setting.path) != group.prefix) continue;
      text += fmt::format("| `{}` | `{}` | {}{} | {} |\n", setting.path, setting.flag,
                          setting.kind, setting.is_list ? ", or a list" : "",
                          default_text(setting));
      sentences += fmt::format("- `{}`: {}\n", setting.path, setting.doc);
    }
    text += "\n" + sentences;
  }
  return text;
}

std::string configuration_yaml(const ServerConfig& config, const std::string& section) {
  std::string text = section + ":\n";
  std::string_view open_group;
  for (const Setting& setting : all_settings()) {
    std::vector<std::string> values = setting.show(config);
    if (values.empty()) continue;
    const size_t dot = setting.path.find('.');
    std::string_view key = setting.path;
    std::string indent = "  ";
    if (dot != std::string_view::npos) {
      const std::string_view group = setting.path.substr(0, dot);
      if (group != open_group) text += fmt::format("  {}:\n", group);
      open_group = group;
      key = setting.path.substr(dot + 1);
      indent = "    ";
    }
    for (std::string& value : values)
      value = yaml_scalar(value);
    const std::string shown =
        values.size() == 1 ? values[0] : "[" + joined(values, ", ") + "]";
    text += fmt::format("{}{}: {}\n", indent, key, shown);
  }
  return text;
}

}  // namespace durable_streams::server
