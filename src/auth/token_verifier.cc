#include "auth/token_verifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "auth/base64url.h"
#include "auth/claims.h"
#include "auth/errc.h"
#include "auth/key_set.h"
#include "auth/token_cache.h"

namespace durable_streams::auth {
namespace {

// About 600 bytes each.
constexpr size_t cached_tokens_max = 16 * 1024;

// Keys, and what was checked with them: both go when keys are reread.
struct KeyedCache {
  explicit KeyedCache(KeySet key_set) : keys(std::move(key_set)) {}

  const KeySet keys;
  TokenCache cache{cached_tokens_max};
};

// The compact form (RFC 7515 §7.1), decoded.
struct TokenParts {
  std::string_view signed_text;
  std::string header;
  std::string payload;
  std::string signature;
};

std::optional<TokenParts> split(std::string_view token) {
  const size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  auto header = base64url_decode(token.substr(0, first));
  auto payload = base64url_decode(token.substr(first + 1, second - first - 1));
  // A third dot would be found here: it is no base64url.
  auto signature = base64url_decode(token.substr(second + 1));
  if (!header || !payload || !signature) return std::nullopt;
  return TokenParts{token.substr(0, second), std::move(*header), std::move(*payload),
                    std::move(*signature)};
}

Result<void> check_signature(const TokenParts& parts, const TokenHeader& header,
                             const KeySet& keys) {
  const auto candidates = keys.candidates(header.kid);
  if (candidates.empty()) return fail(Errc::unknown_key);
  for (const PublicKey& key : candidates) {
    if (key.verify(parts.signed_text, parts.signature)) return {};
  }
  return fail(Errc::bad_signature);
}

Result<void> check_times(const TokenPayload& payload, int64_t wall_ms) {
  if (wall_ms >= payload.claims.expires_at_ms) return fail(Errc::expired);
  const int64_t latest_ms = std::max(payload.not_before_ms.value_or(INT64_MIN),
                                     payload.issued_at_ms.value_or(INT64_MIN));
  if (latest_ms > wall_ms + token_leeway_ms) return fail(Errc::not_yet_valid);
  return {};
}

Result<void> check_origin(const TokenPayload& payload, const TokenRules& rules) {
  if (!rules.issuer.empty() && payload.issuer != rules.issuer) {
    return fail(Errc::wrong_issuer);
  }
  const auto& audiences = payload.audiences;
  if (!rules.audience.empty() && std::find(audiences.begin(), audiences.end(),
                                           rules.audience) == audiences.end()) {
    return fail(Errc::wrong_audience);
  }
  return {};
}

Result<TokenClaims> check(std::string_view token, const KeySet& keys,
                          const TokenRules& rules, int64_t wall_ms) {
  std::optional<TokenParts> parts = split(token);
  if (!parts) return fail(Errc::malformed);
  const Result<TokenHeader> header = parse_header(parts->header);
  if (!header) return fail(header.error());
  if (auto good = check_signature(*parts, *header, keys); !good)
    return fail(good.error());
  Result<TokenPayload> payload = parse_payload(parts->payload);
  if (!payload) return fail(payload.error());
  if (auto good = check_times(*payload, wall_ms); !good) return fail(good.error());
  if (auto good = check_origin(*payload, rules); !good) return fail(good.error());
  return std::move(payload->claims);
}

}  // namespace

class TokenVerifier::State {
 public:
  State(TokenRules rules, FileSystem& files, KeySet keys)
      : rules_(std::move(rules)),
        files_(files),
        current_(std::make_shared<KeyedCache>(std::move(keys))) {}

  Result<std::shared_ptr<const TokenClaims>> verify(std::string_view token,
                                                    int64_t wall_ms) const {
    if (token.size() > token_bytes_max) {
      return fail(Errc::too_large, fmt::format("it has {} bytes, {} are allowed",
                                               token.size(), token_bytes_max));
    }
    const std::shared_ptr<KeyedCache> keyed = current();
    if (auto claims = keyed->cache.find(token, wall_ms)) return claims;
    Result<TokenClaims> claims = check(token, keyed->keys, rules_, wall_ms);
    if (!claims) return fail(claims.error());
    auto shared = std::make_shared<const TokenClaims>(std::move(*claims));
    keyed->cache.put(token, shared);
    return shared;
  }

  Result<void> reload() {
    Result<KeySet> keys = KeySet::load(rules_.verify_key, files_);
    if (!keys) return fail(keys.error());
    auto fresh = std::make_shared<KeyedCache>(std::move(*keys));
    const std::lock_guard lock(mutex_);
    current_.swap(fresh);
    return {};
  }

 private:
  std::shared_ptr<KeyedCache> current() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }

  const TokenRules rules_;
  FileSystem& files_;
  mutable std::mutex mutex_;  // Guards current_.
  std::shared_ptr<KeyedCache> current_;
};

TokenVerifier::TokenVerifier(std::unique_ptr<State> state) : state_(std::move(state)) {}
TokenVerifier::~TokenVerifier() = default;

Result<std::unique_ptr<TokenVerifier>> TokenVerifier::open(TokenRules rules,
                                                           FileSystem& files) {
  Result<KeySet> keys = KeySet::load(rules.verify_key, files);
  if (!keys) return fail(keys.error());
  return std::unique_ptr<TokenVerifier>(new TokenVerifier(
      std::make_unique<State>(std::move(rules), files, std::move(*keys))));
}

Result<std::shared_ptr<const TokenClaims>> TokenVerifier::verify(
    std::string_view token, int64_t wall_ms) const {
  return state_->verify(token, wall_ms);
}

Result<void> TokenVerifier::reload() {
  return state_->reload();
}

}  // namespace durable_streams::auth
