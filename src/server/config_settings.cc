#include "server/config_settings.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "server/config_values.h"

namespace durable_streams::server {
namespace {

using Values = std::span<const std::string>;
using Complaint = std::optional<std::string>;

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

template <class Kind, auto member>
Complaint assign_one(ServerConfig& config, Values values) {
  if (values.size() != 1) return "takes one value, not a list";
  auto value = Kind::parse(values[0]);
  if (!value) return quoted(values[0]) + " is not " + std::string(Kind::expected);
  config.*member = std::move(*value);
  return std::nullopt;
}

template <class Kind, auto member>
Complaint assign_list(ServerConfig& config, Values values) {
  std::vector<typename Kind::Value> parsed;
  for (const std::string& text : values) {
    auto value = Kind::parse(text);
    if (!value) return quoted(text) + " is not " + std::string(Kind::expected);
    parsed.push_back(std::move(*value));
  }
  config.*member = std::move(parsed);
  return std::nullopt;
}

template <class Kind, auto member>
std::vector<std::string> show_one(const ServerConfig& config) {
  std::string text = Kind::show(config.*member);
  if (text.empty()) return {};
  return {std::move(text)};
}

template <class Kind, auto member>
std::vector<std::string> show_list(const ServerConfig& config) {
  std::vector<std::string> texts;
  for (const auto& value : config.*member)
    texts.push_back(Kind::show(value));
  return texts;
}

template <class Kind, auto member>
constexpr Setting one(std::string_view path, std::string_view flag,
                      std::string_view doc, std::string_view default_note = {}) {
  return {path,
          flag,
          Kind::name,
          false,
          default_note,
          doc,
          assign_one<Kind, member>,
          show_one<Kind, member>};
}

template <class Kind, auto member>
constexpr Setting list(std::string_view path, std::string_view flag,
                       std::string_view doc, std::string_view default_note = {}) {
  return {path,
          flag,
          Kind::name,
          true,
          default_note,
          doc,
          assign_list<Kind, member>,
          show_list<Kind, member>};
}

Complaint assign_auth(ServerConfig& config, Values values) {
  if (values.size() != 1 || values[0] != "none") {
    return "can be none, or a section with verify_key (a PEM file)";
  }
  config.auth = AuthMode::none;
  return std::nullopt;
}

std::vector<std::string> show_auth(const ServerConfig& config) {
  if (config.auth == AuthMode::none) return {"none"};
  return {};
}

Complaint assign_verify_key(ServerConfig& config, Values values) {
  Complaint complaint =
      assign_one<PathValue, &ServerConfig::auth_verify_key>(config, values);
  if (!complaint) config.auth = AuthMode::tokens;
  return complaint;
}

std::vector<std::string> show_internal_port(const ServerConfig& config) {
  if (config.internal_port == 0) return {};
  return {std::to_string(config.internal_port)};
}

Complaint ignore(ServerConfig&, Values) {
  return std::nullopt;
}
std::vector<std::string> show_nothing(const ServerConfig&) {
  return {};
}

using C = ServerConfig;

constexpr std::array settings{
    one<PortValue, &C::port>(
        "port", "--port",
        "The port of the public listener. With `domain` it is 443, whatever the file "
        "says; the flag still wins.",
        "4437; 443 with `domain`"),
    list<BindValue, &C::bind>("bind", "--bind",
                              "The addresses of the public listener, one or a list. "
                              "`localhost` means 127.0.0.1 "
                              "and ::1, `*` all interfaces. Without `auth` only "
                              "loopback addresses are taken.",
                              "all interfaces with `auth`, else 127.0.0.1 and ::1"),
    one<SocketPathValue, &C::unix_socket>(
        "unix_socket", "--unix-socket",
        "Also listens on this Unix socket, for processes on the same machine.", "none"),
    one<RouteValue, &C::route>(
        "route", "--route",
        "Where streams live. What a URL has in place of the `*` is the stream's name."),
    one<HostNameValue, &C::domain>("domain", "--domain",
                                   "The public host name. Needs `tls`: certificates "
                                   "are not fetched by the server, "
                                   "so bring a certificate, or put a proxy that has "
                                   "one in front and leave `domain` "
                                   "out.",
                                   "none"),
    one<CountValue, &C::threads>(
        "threads", "--threads",
        "How many threads serve requests; 0: one for each core."),
    one<DurationValue, &C::drain_timeout_ms>(
        "drain_timeout", "--drain-timeout",
        "How long a server that was told to stop waits for requests in flight."),

    one<PathValue, &C::tls_cert>(
        "tls.cert", "--tls-cert",
        "A PEM file with the certificate and its chain. Not served by this version: it "
        "refuses to start rather than to answer in the clear.",
        "none"),
    one<PathValue, &C::tls_key>("tls.key", "--tls-key",
                                "A PEM file with the certificate's private key.",
                                "none"),

    Setting{
        "auth", "--auth", "none, or a section", false, "loopback only",
        "Who may use the server. A section asks for tokens. `none` lets everybody who "
        "can reach the server do everything. Without `auth` the server listens on "
        "loopback addresses only, and refuses requests whose `Host` is no loopback "
        "name.",
        assign_auth, show_auth},
    Setting{
        "auth.verify_key", "--auth-verify-key", "path", false, "none",
        "The public keys that tokens must be signed for: a PEM file, a directory of "
        "PEM files, or a JWKS file. EC P-256 keys, for ES256.",
        assign_verify_key, show_one<PathValue, &C::auth_verify_key>},
    one<TextValue, &C::auth_issuer>("auth.issuer", "--auth-issuer",
                                    "What `iss` of every token must be.",
                                    "not checked"),
    one<TextValue, &C::auth_audience>("auth.audience", "--auth-audience",
                                      "What `aud` of every token must be, or hold.",
                                      "not checked"),

    Setting{"internal.port", "--internal-port", "port", false, "none",
            "A second listener, plain HTTP, for the app's own servers on a private "
            "network. Needs no TLS; tokens are checked as on the public one.",
            assign_one<PortValue, &C::internal_port>, show_internal_port},
    list<BindValue, &C::internal_bind>("internal.bind", "--internal-bind",
                                       "The addresses of the internal listener.",
                                       "127.0.0.1"),
    list<AddressRangeValue, &C::internal_allowed_ips>(
        "internal.allowed_ips", "--internal-allowed-ips",
        "Who may use the internal listener; anybody else gets 403.",
        "127.0.0.1 and ::1"),

    list<OriginValue, &C::cors_origins>(
        "cors.origins", "--cors-origins",
        "The web origins whose pages may use the server. `*`: all, which is safe where "
        "tokens decide. `loopback`: pages served by this machine.",
        "`*` with tokens, else `loopback`"),

    one<PathValue, &C::data_dir>(
        "storage.data_dir", "--data-dir",
        "The directory that holds all streams. Made if it is not there. One server at "
        "a "
        "time uses it.",
        "`$XDG_DATA_HOME/durable-streams`, `~/.local/share/durable-streams`"),
    one<EngineValue, &C::engine>(
        "storage.engine", "--engine",
        "`log` keeps streams on disk and answers an append once it is durable. "
        "`memory` "
        "forgets everything when the server stops: for tests."),
    one<RateValue, &C::tidy_bytes_per_second>(
        "storage.tidy_rate", "--tidy-rate",
        "How many bytes a second the log's older part is rewritten with, in the "
        "background, so that each stream's bytes come together and what is deleted "
        "frees its space; more when much waits. `off`: never; the log then grows for "
        "ever, and so does the time that a start takes."),
    one<DurationValue, &C::long_poll_timeout_ms>(
        "storage.long_poll_timeout", "--long-poll-timeout",
        "How long a long-poll waits for data before it answers that there is none."),
    one<DurationValue, &C::sse_reconnect_interval_ms>(
        "storage.sse_reconnect_interval", "--sse-reconnect-interval",
        "About how long an event stream stays open before its reader has to connect "
        "again, so that a CDN can join readers."),
    Setting{"storage.max_file_handles", "--max-file-handles", "count", false, "ignored",
            "Taken with a warning, for files written for another server: all streams "
            "share few files here, so there is nothing to limit.",
            ignore, show_nothing},

    one<SizeValue, &C::body_bytes_max>(
        "limits.max_body_bytes", "--max-body-bytes",
        "The longest body of one request; longer ones get 413. Stops a client from "
        "filling the memory with one append."),
    one<CountValue, &C::connections_max>(
        "limits.max_connections", "--max-connections",
        "How many connections clients may have at once; 0: as many as the process may "
        "open files. Stops clients from taking every descriptor."),

    one<LogFormatValue, &C::log_format>(
        "log.format", "--log-format",
        "How log lines look: for people, or for programs."),
    one<LogLevelValue, &C::log_level>("log.level", "--log-level",
                                      "The least severe lines that are logged: trace, "
                                      "debug, info, warn, error, off, in "
                                      "any case."),
};

std::string_view last_word(std::string_view path) {
  const size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

// Levenshtein's distance.
size_t edit_distance(std::string_view one, std::string_view other) {
  std::vector<size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < one.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < other.size(); ++j) {
      const size_t replaced = diagonal + (one[i] == other[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::span<const Setting> all_settings() {
  return settings;
}

std::optional<size_t> find_setting(std::string_view path) {
  for (size_t i = 0; i < settings.size(); ++i) {
    if (settings[i].path == path) return i;
  }
  return std::nullopt;
}

bool is_setting_group(std::string_view path) {
  const std::string prefix = std::string(path) + ".";
  return std::any_of(settings.begin(), settings.end(), [&](const Setting& setting) {
    return setting.path.starts_with(prefix);
  });
}

std::string_view nearest_setting(std::string_view path) {
  std::string_view nearest;
  size_t nearest_distance = SIZE_MAX;
  for (const Setting& setting : settings) {
    const size_t whole = edit_distance(path, setting.path);
    const size_t word = edit_distance(last_word(path), last_word(setting.path)) + 1;
    const size_t distance = std::min(whole, word);
    if (distance < nearest_distance) {
      nearest = setting.path;
      nearest_distance = distance;
    }
  }
  const size_t near_enough = std::max<size_t>(2, last_word(path).size() / 3 + 1);
  return nearest_distance <= near_enough ? nearest : std::string_view();
}

}  // namespace durable_streams::server
