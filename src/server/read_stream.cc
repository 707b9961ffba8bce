// GET: finds the stream and hands over to the read mode that was asked for.
#include <utility>

#include "server/find_stream.h"
#include "server/operations.h"
#include "server/read_modes.h"
#include "server/request_body.h"

namespace durable_streams::server {
namespace {

protocol::Offset resolve(const protocol::ReadStart& start,
                         const storage::Snapshot& snapshot) {
  if (std::holds_alternative<protocol::FromNow>(start)) return snapshot.tail;
  if (const auto* offset = std::get_if<protocol::Offset>(&start)) return *offset;
  return {};
}

}  // namespace

void read_stream(StreamRequest request) {
  const http::Request& received = request.exchange.request();
  auto parsed = protocol::parse_read_request(
      received.query, received.field(http::Field::if_none_match).value_or(""));
  if (const auto* bad = std::get_if<protocol::BadRequest>(&parsed)) {
    return respond_error(request.exchange, request.fields, refusal(*bad));
  }
  storage::StreamHandle stream = find_stream(request, read_stream);
  if (stream == nullptr) return;
  request.context.engine().renew(*stream);

  auto& read = std::get<protocol::ReadRequest>(parsed);
  const protocol::Offset from = resolve(read.start, stream->snapshot());
  const protocol::ReadMode mode = read.mode;
  ReadFrom read_from{std::move(request), std::move(stream), std::move(read), from};
  switch (mode) {
    case protocol::ReadMode::catch_up:
      return read_catch_up(std::move(read_from));
    case protocol::ReadMode::long_poll:
      return read_long_poll(std::move(read_from));
    case protocol::ReadMode::sse:
      return read_sse(std::move(read_from));
  }
}

int64_t live_tick_ms(const ServingLimits& limits,
                     const protocol::StreamConfig& config) {
  if (!config.ttl_seconds) return limits.sse_keep_alive_ms;
  const auto half_ttl_ms = static_cast<int64_t>(*config.ttl_seconds) * 500;
  return std::max<int64_t>(std::min(half_ttl_ms, limits.sse_keep_alive_ms), 100);
}

}  // namespace durable_streams::server
