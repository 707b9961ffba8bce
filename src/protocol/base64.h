// Base64 with padding (RFC 4648 §4), as SSE needs it for binary streams.
#pragma once

#include <span>
#include <string>

#include "base/shared_bytes.h"

namespace durable_streams::protocol {

// Appends the encoding of all chunks' bytes, taken as one sequence.
void append_base64(std::string& out, std::span<const SharedBytes> chunks);

}  // namespace durable_streams::protocol
