// HEAD: a stream's metadata. Does not renew its TTL.
//
// An extension of the protocol (PROTOCOL.md §11.1): `?tail-age-ms=N` also asks
// where the stream ended N milliseconds ago. `Stream-Tail-Then` answers that
// offset, or one before it; it is absent if that is not known.
#include <charconv>
#include <optional>
#include <string>

#include "protocol/request_headers.h"
#include "server/find_stream.h"
#include "server/operations.h"

namespace durable_streams::server {
namespace {

// Nobody knows of more than a day ago; a bound keeps the arithmetic simple.
constexpr uint64_t tail_age_ms_max = 24 * 3600 * 1000;

// nullopt: not asked for, or no number that could be answered.
std::optional<int64_t> tail_age_ms(std::string_view query) {
  const std::string value = protocol::query_parameter(query, "tail-age-ms").value;
  uint64_t age_ms = 0;
  const char* const end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, age_ms);
  if (error != std::errc() || rest != end || age_ms > tail_age_ms_max) {
    return std::nullopt;
  }
  return static_cast<int64_t>(age_ms);
}

}  // namespace

void head_stream(StreamRequest request) {
  const storage::StreamHandle stream = find_stream(request, head_stream);
  if (stream == nullptr) return;
  const storage::Snapshot snapshot = stream->snapshot();
  const protocol::StreamConfig& config = stream->config();

  http::ResponseHead head = request.fields.head(200);
  head.add("content-type", config.content_type);
  head.add("stream-next-offset", snapshot.tail.to_string());
  if (const auto age_ms = tail_age_ms(request.exchange.request().query)) {
    const storage::Engine& engine = request.context.engine();
    const auto then = engine.tail_at(*stream, engine.now().stream_ms - *age_ms);
    if (then) head.add("stream-tail-then", then->to_string());
  }
  if (config.ttl_seconds) head.add("stream-ttl", *config.ttl_seconds);
  if (config.expires_at_ms) {
    head.add("stream-expires-at", protocol::format_expires_at(*config.expires_at_ms));
  }
  if (snapshot.closed) head.add("stream-closed", "true");
  head.add("cache-control", "no-store");
  request.exchange.respond(head);
}

}  // namespace durable_streams::server
