// HEAD: a stream's metadata. Does not renew its TTL.
#include "protocol/request_headers.h"
#include "server/find_stream.h"
#include "server/operations.h"

namespace durable_streams::server {

void head_stream(StreamRequest request) {
  const storage::StreamHandle stream = find_stream(request, head_stream);
  if (stream == nullptr) return;
  const storage::Snapshot snapshot = stream->snapshot();
  const protocol::StreamConfig& config = stream->config();

  http::ResponseHead head = request.fields.head(200);
  head.add("content-type", config.content_type);
  head.add("stream-next-offset", snapshot.tail.to_string());
  if (config.ttl_seconds) head.add("stream-ttl", *config.ttl_seconds);
  if (config.expires_at_ms) {
    head.add("stream-expires-at", protocol::format_expires_at(*config.expires_at_ms));
  }
  if (snapshot.closed) head.add("stream-closed", "true");
  head.add("cache-control", "no-store");
  request.exchange.respond(head);
}

}  // namespace durable_streams::server
