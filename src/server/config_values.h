// The kinds of values that settings have: text in, value out, and back.
//
// Each kind has `Value`, `name` (for the reference), `expected` (ends the
// sentence "… is not …"), parse() and show(). parse(show(v)) == v.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/config.h"

namespace durable_streams::server {

struct PortValue {
  using Value = uint16_t;
  static constexpr std::string_view name = "port";
  static constexpr std::string_view expected = "a port (1 to 65535)";
  static std::optional<Value> parse(std::string_view text);
  static std::string show(Value value);
};

struct CountValue {
  using Value = uint32_t;
  static constexpr std::string_view name = "count";
  static constexpr std::string_view expected = "a count (0 or more)";
  static std::optional<Value> parse(std::string_view text);
  static std::string show(Value value);
};

// Milliseconds. "500ms", "30s", "2m", "1h"; "1.5s" too. At least 1 ms, at most
// a day; zero is refused, because nobody agrees on what it means.
struct DurationValue {
  using Value = int64_t;
  static constexpr std::string_view name = "duration";
  static constexpr std::string_view expected =
      "a duration with its unit, like 500ms, 30s or 2m (at most 24h)";
  static std::optional<Value> parse(std::string_view text);
  static std::string show(Value value);
};

// Bytes. "65536", "64KiB", "8MiB", "1GiB"; "KB", "MB", "GB" and "k", "m", "g"
// mean the same powers of 1024.
struct SizeValue {
  using Value = uint64_t;
  static constexpr std::string_view name = "size";
  static constexpr std::string_view expected = "a size like 65536, 64KiB or 8MiB";
  static std::optional<Value> parse(std::string_view text);
  static std::string show(Value value);
};

// Bytes a second; 0 is "off".
struct RateValue : SizeValue {
  static constexpr std::string_view expected = "a size like 8MiB, or off";
  static std::optional<Value> parse(std::string_view text);
  static std::string show(Value value);
};

struct TextValue {
  using Value = std::string;
  static constexpr std::string_view name = "text";
  static constexpr std::string_view expected = "text on one line";
  static std::optional<Value> parse(std::string_view text);
  static std::string show(const Value& value) { return value; }
};

struct PathValue : TextValue {
  static constexpr std::string_view name = "path";
  static constexpr std::string_view expected = "a path";
};

// The kernel takes 107 bytes; other systems 104.
struct SocketPathValue : TextValue {
  static constexpr std::string_view name = "path";
  static constexpr std::string_view expected = "a path of at most 104 bytes";
  static std::optional<Value> parse(std::string_view text);
};

struct HostNameValue : TextValue {
  static constexpr std::string_view name = "host name";
  static constexpr std::string_view expected = "a host name, without scheme or port";
  static std::optional<Value> parse(std::string_view text);
};

// A path that ends in "/*".
struct RouteValue : TextValue {
  static constexpr std::string_view name = "route";
  static constexpr std::string_view expected =
      "a route: a path from / that ends in /*, like /v1/streams/*";
  static std::optional<Value> parse(std::string_view text);
};

// One numeric address. "localhost" and "*" are expanded by the loader.
struct BindValue : TextValue {
  static constexpr std::string_view name = "address";
  static constexpr std::string_view expected =
      "an IP address, localhost, or * for all interfaces";
  static std::optional<Value> parse(std::string_view text);
};

struct AddressRangeValue {
  using Value = AddressRange;
  static constexpr std::string_view name = "address or CIDR";
  static constexpr std::string_view expected =
      "an IP address or a range like 10.0.0.0/8";
  static std::optional<Value> parse(std::string_view text) {
    return AddressRange::parse(text);
  }
  static std::string show(const Value& value) { return value.text(); }
};

// "https://app.example.com", "*" or "loopback". Kept as browsers send it:
// lower case, without a slash at the end.
struct OriginValue : TextValue {
  static constexpr std::string_view name = "origin";
  static constexpr std::string_view expected =
      "an origin like https://app.example.com, * or loopback";
  static std::optional<Value> parse(std::string_view text);
};

struct EngineValue {
  using Value = StorageEngine;
  static constexpr std::string_view name = "log or memory";
  static constexpr std::string_view expected = "an engine (log or memory)";
  static std::optional<Value> parse(std::string_view text);
  static std::string show(Value value);
};

struct LogFormatValue {
  using Value = LogFormat;
  static constexpr std::string_view name = "console or json";
  static constexpr std::string_view expected = "a log format (console or json)";
  static std::optional<Value> parse(std::string_view text);
  static std::string show(Value value);
};

// In any case: "INFO" is "info"; "warning" is "warn", "fatal" is "error".
struct LogLevelValue {
  using Value = LogLevel;
  static constexpr std::string_view name = "level";
  static constexpr std::string_view expected =
      "a log level (trace, debug, info, warn, error or off)";
  static std::optional<Value> parse(std::string_view text);
  static std::string show(Value value);
};

}  // namespace durable_streams::server
