#include "protocol/read_request.h"

namespace durable_streams::protocol {
namespace {

constexpr BadRequest repeated_parameter{
    "repeated_parameter",
    "The parameters offset, live and cursor may stand at most once."};
constexpr BadRequest invalid_offset{
    "invalid_offset",
    "The offset must be -1, now, or a value that this server returned."};
constexpr BadRequest invalid_live{"invalid_live", "live must be long-poll or sse."};
constexpr BadRequest missing_offset{"missing_offset",
                                    "Live reads must name an offset."};

std::optional<ReadMode> parse_mode(const QueryValue& live) {
  if (live.count == 0) return ReadMode::catch_up;
  if (live.value == "long-poll") return ReadMode::long_poll;
  if (live.value == "sse") return ReadMode::sse;
  return std::nullopt;
}

}  // namespace

Parsed<ReadRequest> parse_read_request(std::string_view query,
                                       std::string_view if_none_match) {
  ReadRequest request;
  request.if_none_match = if_none_match;
  if (query.empty()) return request;

  const QueryValue offset = query_parameter(query, "offset");
  const QueryValue live = query_parameter(query, "live");
  QueryValue cursor = query_parameter(query, "cursor");
  if (offset.count > 1 || live.count > 1 || cursor.count > 1) return repeated_parameter;

  if (offset.count == 1) {
    const std::optional<ReadStart> start = parse_read_start(offset.value);
    if (!start) return invalid_offset;
    request.start = *start;
  }
  const std::optional<ReadMode> mode = parse_mode(live);
  if (!mode) return invalid_live;
  if (*mode != ReadMode::catch_up && offset.count == 0) return missing_offset;
  request.mode = *mode;
  request.cursor = std::move(cursor.value);
  return request;
}

}  // namespace durable_streams::protocol
