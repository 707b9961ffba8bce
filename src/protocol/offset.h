// A position in a stream, as clients see it (PROTOCOL.md §8).
//
// The token is "%016d_%016d": the never-reused id of the stream that owns the
// bytes before this position, then the count of its stored bytes before it.
// Lexicographic order of tokens is order in the stream. All zeros means the
// start of any stream. Above the engine an Offset is opaque: compare, print,
// parse, never compute.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace durable_streams::protocol {

struct Offset {
  uint64_t owner_id = 0;
  uint64_t position = 0;

  friend auto operator<=>(const Offset&, const Offset&) = default;

  bool is_start() const { return owner_id == 0 && position == 0; }

  // 33 characters; never "-1" or "now".
  std::string to_string() const;

  // Exactly the form that to_string() makes, else nullopt.
  static std::optional<Offset> parse(std::string_view token);
};

// The longest decimal that fits the 16 digits of a token's half.
inline constexpr uint64_t offset_half_max = 9'999'999'999'999'999;

// Where a read starts: the query parameter `offset`.
struct FromStart {};
struct FromNow {};
using ReadStart = std::variant<FromStart, FromNow, Offset>;

// "-1" → FromStart, "now" → FromNow, a token → Offset; else nullopt (400).
std::optional<ReadStart> parse_read_start(std::string_view text);

}  // namespace durable_streams::protocol
