#include "server/request_body.h"

#include <utility>

#include "protocol/json_framing.h"
#include "protocol/stream_config.h"
#include "server/http_status.h"

namespace durable_streams::server {

Result<protocol::FramedPayload> frame_body(std::string_view content_type,
                                           std::string body) {
  if (body.empty()) return protocol::FramedPayload{};
  switch (protocol::framing_of(content_type)) {
    case protocol::Framing::json:
      return protocol::frame_json(body);
    case protocol::Framing::text:
      return protocol::frame_text(std::move(body));
    case protocol::Framing::binary:
      break;
  }
  return protocol::frame_binary(std::move(body));
}

Refusal refusal_for_body(const Error& error) {
  return {400, "invalid_json", error.message()};
}

Refusal refusal(const protocol::BadRequest& bad) {
  return {400, bad.code, bad.reason};
}

void respond_unsettled(http::Exchange& exchange, const AnswerFields& fields,
                       const storage::Receipt& receipt) {
  const StatusEntry status = status_of(receipt);
  http::ResponseHead head = fields.head(status.status);
  head.add("retry-after", "1");
  respond_error(exchange, head, refusal(status));
}

}  // namespace durable_streams::server
