// CDN collapsing cursors (PROTOCOL.md §10.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace durable_streams::protocol {

inline constexpr int64_t cursor_interval_ms = 20'000;
inline constexpr int64_t cursor_origin_ms = 1'728'432'000'000;  // 2024-10-09T00:00:00Z.

// The interval number at `wall_ms`, or, if the client's cursor is not below
// it, the client's plus one to 180 intervals (chosen by `random`), so that a
// client's cursor always moves on. A malformed client cursor counts as none.
uint64_t next_cursor(int64_t wall_ms, std::string_view client_cursor, uint64_t random);

}  // namespace durable_streams::protocol
