// Checks ES256 JWTs (RFC 7519, RFC 7515) locally, with the keys it was given.
//
// `alg` is never taken from the token: anything but ES256 is refused. A bounded
// cache remembers checked tokens until they expire or the keys are reread.
// Threads: every method from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "auth/permissions.h"
#include "base/file_system.h"
#include "base/result.h"

namespace durable_streams::auth {

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

  // The claims of a token that is good at `wall_ms`. Errors: auth::Errc; all
  // mean 401.
  [[nodiscard]] Result<std::shared_ptr<const TokenClaims>> verify(std::string_view token,
                                                                  int64_t wall_ms) const;

  // Rereads the keys; on error the old ones stay. Forgets checked tokens.
  [[nodiscard]] Result<void> reload();

 private:
  class State;
  explicit TokenVerifier(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace durable_streams::auth
