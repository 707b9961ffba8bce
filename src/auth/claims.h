// What stands in a token's two JSON parts (RFC 7519), read strictly: no member
// twice, no member of a wrong kind, nothing that must be understood and is not.
// Pure; knows nothing of signatures.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/permissions.h"
#include "base/result.h"

namespace durable_streams::auth {

// The header of a token whose `alg` is ES256.
struct TokenHeader {
  std::optional<std::string> kid;
};

// Errors: malformed, wrong_algorithm.
[[nodiscard]] Result<TokenHeader> parse_header(std::string_view json);

// The payload.
struct TokenPayload {
  TokenClaims claims;                    // With `exp`, which every token needs.
  std::optional<int64_t> not_before_ms;  // `nbf`
  std::optional<int64_t> issued_at_ms;   // `iat`
  std::optional<std::string> issuer;     // `iss`
  std::vector<std::string> audiences;    // `aud`: a string or an array of them.
};

// A token is the app server's (`server`: true) or a client's (`stream`,
// `permissions` of "read" and "write", perhaps `identity`), not both. Claims
// that are not named here are passed over.
//
// Errors: malformed (not a JSON object), bad_claims.
[[nodiscard]] Result<TokenPayload> parse_payload(std::string_view json);

}  // namespace durable_streams::auth
