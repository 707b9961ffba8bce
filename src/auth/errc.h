// Operating errors of auth/.
#pragma once

#include <system_error>

namespace durable_streams::auth {

enum class Errc {
  // A token is refused; all of these are answered with 401.
  malformed = 1,    // Not three parts of base64url with JSON in them.
  too_large,        // Longer than token_bytes_max.
  wrong_algorithm,  // `alg` is not ES256.
  unknown_key,      // No key of that `kid`.
  bad_signature,    // Signed by somebody else, or changed since.
  bad_claims,       // Signed, but a claim is missing, doubled or of a wrong kind.
  expired,          // `exp` has passed.
  not_yet_valid,    // `nbf` or `iat` lies in the future.
  wrong_issuer,     // `iss` is not the configured one.
  wrong_audience,   // `aud` is or holds not the configured one.

  // Keys, at start and when they are reread.
  unusable_key,  // Not a public key for ES256, or none at all.
};

// The one category object.
const std::error_category& error_category() noexcept;
inline std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

}  // namespace durable_streams::auth

template <>
struct std::is_error_code_enum<durable_streams::auth::Errc> : std::true_type {};
