// JSON mode: from a request's body to stored messages, and back to an array
// (PROTOCOL.md §9.1).
//
// Stored form: each message byte for byte as it came, followed by one comma.
// So a page of stored bytes becomes "[" + bytes without the last comma + "]".
#pragma once

#include <string_view>

#include "base/result.h"
#include "protocol/framed_payload.h"

namespace durable_streams::protocol {

// Validates `body` as one JSON text (RFC 8259, depth up to
// limits::json_depth_max, numbers of any size, any escapes) in UTF-8 and frames
// it. A top-level array is flattened one level; white space around messages is
// dropped, within them it is kept.
//
// An empty array gives an empty payload: the caller decides (POST 400, PUT fine).
// Errors: Errc::invalid_json, Errc::json_too_deep.
// Threads: any; keeps one parser per thread.
[[nodiscard]] Result<FramedPayload> frame_json(std::string_view body);

// Bytes of text/*: boundaries never split a UTF-8 sequence. The text need not
// be valid UTF-8; invalid bytes count as sequences of one.
FramedPayload frame_text(std::string body);

// Any other bytes.
FramedPayload frame_binary(std::string body);

}  // namespace durable_streams::protocol
