// Checks ES256 JWTs (RFC 7519, RFC 7515) locally, with the keys it was given.
//
// `alg` is never taken from the token: anything but ES256 is refused. A bounded
// cache remembers checked tokens until they expire or the keys are reread.
// Threads: every method from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "auth/permissions.h"
#include "base/file_system.h"
#include "base/result.h"

namespace durable_streams::auth {

// Longest token that is looked at: header, claims and a longest stream's name.
inline constexpr size_t token_bytes_max = 12 * 1024;

// How far `nbf` and `iat` may lie in the future, because clocks differ. `exp`
// gets none: live answers end at it, too.
inline constexpr int64_t token_leeway_ms = 30'000;

struct TokenRules {
  std::string verify_key;  // Path: a PEM file, a directory of them, or a JWKS file.
  std::string issuer;      // What `iss` must be; empty: anything.
  std::string audience;    // What `aud` must be or contain; empty: anything.
};

class TokenVerifier {
 public:
  // Reads the keys. Errors: auth::Errc for unusable keys, system codes for
  // unreadable files; the detail names the file. `files` outlives the verifier.
  [[nodiscard]] static Result<std::unique_ptr<TokenVerifier>> open(TokenRules rules,
                                                                   FileSystem& files);

  ~TokenVerifier();

  // The claims of a token that is good at `wall_ms`. The order of checks: form,
  // algorithm, key, signature, claims, times, issuer, audience; nothing that a
  // token says is used before its signature is good. Errors: auth::Errc
  // (errc.h); all mean 401.
  [[nodiscard]] Result<std::shared_ptr<const TokenClaims>> verify(
      std::string_view token, int64_t wall_ms) const;

  // Rereads the keys; on error the old ones stay. Forgets checked tokens.
  [[nodiscard]] Result<void> reload();

 private:
  class State;
  explicit TokenVerifier(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace durable_streams::auth
