#include "server/config_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace durable_streams::server {
namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Splits "30s" into what stands before and after the last digit.
std::pair<std::string_view, std::string_view> split_unit(std::string_view text) {
  const size_t last_digit = text.find_last_of("0123456789");
  if (last_digit == std::string_view::npos) return {{}, text};
  return {text.substr(0, last_digit + 1), text.substr(last_digit + 1)};
}

struct Unit {
  std::string_view name;
  uint64_t factor;
};

template <class Units>
const Unit* find_unit(const Units& units, std::string_view name) {
  const auto found = std::find_if(units.begin(), units.end(),
                                  [&](const Unit& unit) { return unit.name == name; });
  return found == units.end() ? nullptr : &*found;
}

constexpr std::array<Unit, 4> duration_units{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
constexpr int64_t duration_ms_max = 24 * 3'600'000;

constexpr std::array<Unit, 10> size_units{{{"", 1},
                                           {"kib", 1 << 10},
                                           {"mib", 1 << 20},
                                           {"gib", 1 << 30},
                                           {"kb", 1 << 10},
                                           {"mb", 1 << 20},
                                           {"gb", 1 << 30},
                                           {"k", 1 << 10},
                                           {"m", 1 << 20},
                                           {"g", 1 << 30}}};

template <class Value>
struct Name {
  std::string_view name;
  Value value;
};

// The first name of a value is the one that is shown.
template <class Value, size_t size>
std::optional<Value> value_of(const std::array<Name<Value>, size>& names,
                              std::string_view text) {
  const std::string wanted = lower(text);
  for (const auto& name : names) {
    if (name.name == wanted) return name.value;
  }
  return std::nullopt;
}

template <class Value, size_t size>
std::string name_of(const std::array<Name<Value>, size>& names, Value value) {
  for (const auto& name : names) {
    if (name.value == value) return std::string(name.name);
  }
  return {};
}

constexpr std::array<Name<StorageEngine>, 2> engine_names{
    {{"log", StorageEngine::log}, {"memory", StorageEngine::memory}}};
constexpr std::array<Name<LogFormat>, 2> format_names{
    {{"console", LogFormat::console}, {"json", LogFormat::json}}};
constexpr std::array<Name<LogLevel>, 8> level_names{{{"trace", LogLevel::trace},
                                                     {"debug", LogLevel::debug},
                                                     {"info", LogLevel::info},
                                                     {"warn", LogLevel::warn},
                                                     {"warning", LogLevel::warn},
                                                     {"error", LogLevel::error},
                                                     {"fatal", LogLevel::error},
                                                     {"off", LogLevel::off}}};

}  // namespace

std::optional<uint16_t> PortValue::parse(std::string_view text) {
  const auto port = parse_number<uint16_t>(text);
  return port && *port > 0 ? port : std::nullopt;
}
std::string PortValue::show(Value value) {
  return std::to_string(value);
}

std::optional<uint32_t> CountValue::parse(std::string_view text) {
  return parse_number<uint32_t>(text);
}
std::string CountValue::show(Value value) {
  return std::to_string(value);
}

std::optional<int64_t> DurationValue::parse(std::string_view text) {
  const auto [digits, unit_name] = split_unit(text);
  const Unit* unit = find_unit(duration_units, unit_name);
  const auto number = parse_number<double>(digits);
  if (unit == nullptr || !number || !std::isfinite(*number)) return std::nullopt;
  const double milliseconds = *number * static_cast<double>(unit->factor);
  if (milliseconds < 1 || milliseconds > static_cast<double>(duration_ms_max)) {
    return std::nullopt;
  }
  return static_cast<int64_t>(milliseconds);
}

std::string DurationValue::show(Value value) {
  for (const Unit& unit : {duration_units[3], duration_units[2], duration_units[1]}) {
    const auto factor = static_cast<int64_t>(unit.factor);
    if (value % factor == 0) {
      return std::to_string(value / factor) + std::string(unit.name);
    }
  }
  return std::to_string(value) + "ms";
}

std::optional<uint64_t> SizeValue::parse(std::string_view text) {
  const auto [digits, unit_name] = split_unit(text);
  const Unit* unit = find_unit(size_units, lower(unit_name));
  const auto number = parse_number<uint64_t>(digits);
  if (unit == nullptr || !number || *number == 0) return std::nullopt;
  if (*number > UINT64_MAX / unit->factor) return std::nullopt;
  return *number * unit->factor;
}

std::string SizeValue::show(Value value) {
  constexpr std::array<std::pair<const char*, uint64_t>, 3> units{
      {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}};
  for (const auto& [name, factor] : units) {
    if (value % factor == 0) return std::to_string(value / factor) + name;
  }
  return std::to_string(value);
}

std::optional<uint64_t> RateValue::parse(std::string_view text) {
  return text == "off" ? 0 : SizeValue::parse(text);
}

std::string RateValue::show(Value value) {
  return value == 0 ? "off" : SizeValue::show(value);
}

std::optional<std::string> TextValue::parse(std::string_view text) {
  const bool has_control =
      std::any_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < 0x20; });
  if (text.empty() || has_control) return std::nullopt;
  return std::string(text);
}

std::optional<std::string> SocketPathValue::parse(std::string_view text) {
  if (text.size() > 104) return std::nullopt;
  return TextValue::parse(text);
}

std::optional<std::string> HostNameValue::parse(std::string_view text) {
  const bool valid = std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) || c == '-' || c == '.';
  });
  if (text.empty() || text.size() > 253 || !valid) return std::nullopt;
  return lower(text);
}

std::optional<std::string> RouteValue::parse(std::string_view text) {
  if (!text.starts_with('/') || !text.ends_with("/*")) return std::nullopt;
  const std::string_view prefix = text.substr(0, text.size() - 1);
  const bool valid = std::all_of(prefix.begin(), prefix.end(), [](char c) {
    return is_alphanumeric(c) || std::string_view("/-._~").find(c) != std::string::npos;
  });
  if (!valid || prefix.find("//") != std::string::npos) return std::nullopt;
  return std::string(text);
}

std::optional<std::string> BindValue::parse(std::string_view text) {
  if (text == "localhost" || text == "*" || is_ip_address(text)) {
    return std::string(text);
  }
  return std::nullopt;
}

std::optional<std::string> OriginValue::parse(std::string_view text) {
  if (text == "*" || text == "loopback") return std::string(text);
  std::string origin = lower(text);
  if (origin.ends_with('/')) origin.pop_back();
  const size_t scheme_end = origin.find("://");
  if (scheme_end == std::string::npos || scheme_end == 0) return std::nullopt;
  const std::string_view host = std::string_view(origin).substr(scheme_end + 3);
  const bool valid = !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return is_alphanumeric(c) || std::string_view("-.:[]").find(c) != std::string::npos;
  });
  return valid ? std::optional(origin) : std::nullopt;
}

std::optional<StorageEngine> EngineValue::parse(std::string_view text) {
  return value_of(engine_names, text);
}
std::string EngineValue::show(Value value) {
  return name_of(engine_names, value);
}

std::optional<LogFormat> LogFormatValue::parse(std::string_view text) {
  return value_of(format_names, text);
}
std::string LogFormatValue::show(Value value) {
  return name_of(format_names, value);
}

std::optional<LogLevel> LogLevelValue::parse(std::string_view text) {
  return value_of(level_names, text);
}
std::string LogLevelValue::show(Value value) {
  return name_of(level_names, value);
}

}  // namespace durable_streams::server
