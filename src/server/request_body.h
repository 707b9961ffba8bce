// From a request's body to stored bytes, and the answers that creating and
// appending share.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/framed_payload.h"
#include "protocol/request_headers.h"
#include "server/answer.h"
#include "storage/engine.h"

namespace durable_streams::server {

// Frames `body` for `content_type`; an empty body is an empty payload. Errors:
// those of protocol::frame_json().
[[nodiscard]] Result<protocol::FramedPayload> frame_body(std::string_view content_type,
                                                         std::string body);

Refusal refusal_for_body(const Error& error);
Refusal refusal(const protocol::BadRequest& bad);

// 503 or 507 for a change that was not carried out, or nobody knows.
void respond_unsettled(http::Exchange& exchange, const AnswerFields& fields,
                       const storage::Receipt& receipt);

}  // namespace durable_streams::server
