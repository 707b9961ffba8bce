// GET: what a read asks for (PROTOCOL.md §5.6–5.8, §8). Pure; fetching bytes is
// the engine's part.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/offset.h"
#include "protocol/request_headers.h"

namespace durable_streams::protocol {

enum class ReadMode { catch_up, long_poll, sse };

struct ReadRequest {
  ReadMode mode = ReadMode::catch_up;
  ReadStart start = FromStart{};
  std::string cursor;         // Client's cursor; empty if none.
  std::string if_none_match;  // Header value; empty if none.
};

// The query string (raw, after '?') of a GET. Checks: `offset` syntax and that
// it stands at most once and isn't empty, `live` values, that live modes name an
// offset.
Parsed<ReadRequest> parse_read_request(std::string_view query,
                                       std::string_view if_none_match);

}  // namespace durable_streams::protocol
