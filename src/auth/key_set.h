// The public keys whose signatures are accepted, and which one a token means.
//
// Threads: immutable; any.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/es256.h"
#include "base/file_system.h"
#include "base/result.h"

namespace durable_streams::auth {

// More keys than any rotation needs. Stops: a token without `kid` is tried with
// each, which costs 45 µs a key.
inline constexpr size_t keys_max = 16;

class KeySet {
 public:
  // Reads `path`, which is one of:
  //   a PEM file      its public key; its names are the file's stem and the
  //                   key's thumbprint (RFC 7638)
  //   a directory     every file in it that ends in .pem, likewise
  //   a JWKS file     begins with "{": a JWK Set (RFC 7517), or one JWK; names
  //                   are `kid` and the thumbprint. Keys for other algorithms
  //                   or uses are passed over.
  //
  // Errors: Errc::unusable_key if a file holds what is no public P-256 key, or
  // there is no key at all, or two keys share a name; system codes for files
  // that cannot be read. The detail names the file.
  [[nodiscard]] static Result<KeySet> load(const std::string& path, FileSystem& files);

  // The keys that may have signed a token, to be tried in turn:
  //   there is one key           that one, whatever `kid` says, so that an
  //                              app's `kid` need not be known beforehand
  //   several, a `kid`           the one of that name; none if there is none
  //   several, no `kid`          all
  std::span<const PublicKey> candidates(std::optional<std::string_view> kid) const;

  size_t size() const { return keys_.size(); }

 private:
  friend class KeyCollector;
  struct Name {
    std::string kid;
    size_t key;  // Into keys_.
  };

  std::vector<PublicKey> keys_;
  std::vector<Name> names_;
};

}  // namespace durable_streams::auth
