// Base64url without padding (RFC 7515 §2). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace durable_streams::auth {

std::string base64url_encode(std::string_view bytes);

// Exactly what base64url_encode() makes, else nullopt: no padding, no other
// alphabet, no bits left over. So one text only decodes to given bytes.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace durable_streams::auth
