// ECDSA over P-256 with SHA-256, as JWTs use it (RFC 7518 §3.4): keys, signing,
// verifying. Nothing here knows of tokens.
//
// Threads: keys are immutable; every const method from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// OpenSSL's.
struct evp_pkey_st;

namespace durable_streams::auth {

// r and s, 32 bytes each.
inline constexpr size_t signature_bytes = 64;

class PublicKey {
 public:
  // All public keys of a PEM text, at least one.
  // Errors: Errc::unusable_key, with a sentence: no PEM, a private key or a
  // certificate in it, another kind of key or another curve.
  [[nodiscard]] static Result<std::vector<PublicKey>> parse_pem(std::string_view pem);

  // A key from its coordinates, 32 bytes each, big-endian.
  // Errors: Errc::unusable_key if they are no point of the curve.
  [[nodiscard]] static Result<PublicKey> from_point(std::string_view x,
                                                    std::string_view y);

  // Whether `signature` is 64 bytes of a signature of `text` by this key.
  bool verify(std::string_view text, std::string_view signature) const;

  // RFC 7638: a name that follows from the key itself; 43 characters.
  const std::string& thumbprint() const { return thumbprint_; }

 private:
  friend class SigningKey;
  explicit PublicKey(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  std::string thumbprint_;
};

class SigningKey {
 public:
  // A new random key. Errors: Errc::unusable_key if OpenSSL fails.
  [[nodiscard]] static Result<SigningKey> generate();

  // A private key from PEM (PKCS #8 or SEC 1, not encrypted).
  // Errors: Errc::unusable_key.
  [[nodiscard]] static Result<SigningKey> parse_pem(std::string_view pem);

  // The 64 bytes of a signature of `text`. Errors: Errc::unusable_key if OpenSSL
  // fails.
  [[nodiscard]] Result<std::string> sign(std::string_view text) const;

  // PKCS #8. A secret: write it to files of mode 0600 only.
  std::string private_pem() const;
  std::string public_pem() const;
  const std::string& thumbprint() const { return public_key_.thumbprint(); }

 private:
  explicit SigningKey(std::shared_ptr<evp_pkey_st> key) : public_key_(std::move(key)) {}

  PublicKey public_key_;  // OpenSSL keeps both halves in one object.
};

}  // namespace durable_streams::auth
