// Makes tokens: for the command line and for tests. The server only checks them.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/es256.h"
#include "auth/permissions.h"
#include "base/result.h"

namespace durable_streams::auth {

struct KeyPair {
  std::string private_pem;  // PKCS #8. A secret: to files of mode 0600 only.
  std::string public_pem;   // What the server's `auth.verify_key` names.
  std::string thumbprint;   // A `kid` that every server knows by itself.
};

// Errors: Errc::unusable_key if OpenSSL fails.
[[nodiscard]] Result<KeyPair> generate_key_pair();

// What a token is to say beside its claims.
struct TokenFrame {
  int64_t issued_at_ms = 0;              // `iat`: the present, usually.
  std::optional<int64_t> not_before_ms;  // `nbf`
  std::string issuer;                    // `iss`; left out if empty.
  std::string audience;                  // `aud`; left out if empty.
  std::string kid;                       // Header; left out if empty.
};

// A token for `claims`, which verify() reads back as they are; times are cut to
// whole seconds. Errors: Errc::unusable_key for a private key that cannot be
// used, Errc::bad_claims for text that is not UTF-8.
[[nodiscard]] Result<std::string> sign_token(const TokenClaims& claims,
                                             const TokenFrame& frame,
                                             std::string_view private_pem);

// The compact form of any two JSON texts. For tests, mostly: nothing is checked.
[[nodiscard]] Result<std::string> sign_json(std::string_view header_json,
                                            std::string_view payload_json,
                                            const SigningKey& key);

}  // namespace durable_streams::auth
