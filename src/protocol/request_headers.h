// Syntax of the protocol's request headers: text in, values or a 400 out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/producer_state.h"

namespace durable_streams::protocol {

// Why a request is refused before any stream is looked at: a machine-readable
// code (snake_case) and a sentence, both of static storage duration.
struct BadRequest {
  const char* code;
  const char* reason;
};

template <class T>
using Parsed = std::variant<T, BadRequest>;

// "true" in any case; anything else counts as absent (PROTOCOL.md §4.1).
bool is_stream_closed(std::string_view value);

// Decimal digits only, no leading zero but "0" itself, at most
// limits::ttl_seconds_max (PROTOCOL.md §5.1).
Parsed<uint64_t> parse_ttl(std::string_view value);

// An RFC 3339 timestamp → milliseconds since 1970.
Parsed<int64_t> parse_expires_at(std::string_view value);
// RFC 3339 in UTC with milliseconds: what HEAD shows.
std::string format_expires_at(int64_t wall_ms);

// The three producer headers; absent ones are nullopt. All or none; epoch and
// seq are decimal integers up to 2^53 - 1 (PROTOCOL.md §5.2.1).
// None given: an empty optional.
Parsed<std::optional<ProducerTuple>> parse_producer(
    std::optional<std::string_view> id, std::optional<std::string_view> epoch,
    std::optional<std::string_view> seq);

// Percent-decodes a stream's path once; nullopt for a broken escape (400), an
// empty or too long path. No other normalisation: `//`, `.` and `..` are names.
std::optional<std::string> decode_stream_path(std::string_view raw);

// One parameter of a raw query string, percent-decoded ("+" is a space).
// `count` tells how often it stands there.
struct QueryValue {
  std::string value;
  int count = 0;
};
QueryValue query_parameter(std::string_view query, std::string_view name);

}  // namespace durable_streams::protocol
