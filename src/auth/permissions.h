// Who may do what with which stream: the table of rights, and nothing else.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace durable_streams::auth {

// What a checked token says (token_verifier.h).
struct TokenClaims {
  // The app server: may do everything, everywhere.
  bool server = false;

  // A client: the one stream that it may use, percent-decoded, and how.
  std::string stream;
  bool may_read = false;
  bool may_write = false;
  std::optional<std::string> identity;

  int64_t expires_at_ms = 0;  // Wall clock.
};

enum class Permission : uint8_t { create, append, read, close, remove, metadata };

// nullopt if `claims` allow it, else why not, in a sentence that says which
// stream the token is for and which was asked (proxies that merge slashes are the
// usual cause of a mismatch).
//
// App server: everything. A client, on its stream alone and never below
// "__ds": read → read, metadata; write → append, metadata.
std::optional<std::string> authorize(const TokenClaims& claims, Permission permission,
                                     std::string_view stream_path);

// The scope of producer ids and Stream-Seq: one for the app server, one for
// each identity, one for each stream's clients without identity. Never empty.
std::string authority(const TokenClaims& claims);

// Whether an authority is a client's, not the app server's. Without tokens, where
// it is empty, nobody is told from anybody.
bool is_client(std::string_view authority);

}  // namespace durable_streams::auth
