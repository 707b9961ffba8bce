#include "protocol/cursor.h"

#include <charconv>

#include "protocol/ascii.h"

namespace durable_streams::protocol {
namespace {

// A step of at most an hour, in intervals.
constexpr uint64_t jitter_intervals_max = 3'600'000 / cursor_interval_ms;

// Far beyond any interval of ours, far below an overflow, and exact in
// JavaScript: what is larger was never a cursor of this server.
constexpr uint64_t cursor_max = uint64_t{1} << 53;

// 0 if `text` is no cursor.
uint64_t parse_cursor(std::string_view text) {
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end && value <= cursor_max ? value : 0;
}

}  // namespace

uint64_t next_cursor(int64_t wall_ms, std::string_view client_cursor, uint64_t random) {
  const uint64_t interval =
      wall_ms < cursor_origin_ms
          ? 0
          : static_cast<uint64_t>(wall_ms - cursor_origin_ms) / cursor_interval_ms;
  if (client_cursor.empty()) return interval;
  const uint64_t client = parse_cursor(client_cursor);
  if (client < interval) return interval;
  return client + 1 + random % jitter_intervals_max;
}

}  // namespace durable_streams::protocol
