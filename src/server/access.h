// Who may do what: from a request to a grant, or to its 401 or 403.
//
// With keys, every request to a stream needs an ES256 token, as a Bearer or in
// `?token=`, and the token decides (auth/permissions.h). Without, requests are
// served that name this machine as their host (DNS rebinding), unless the
// configuration says `auth: none` outright.
//
// Threads: check() from any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "auth/permissions.h"
#include "auth/token_verifier.h"
#include "http/request.h"
#include "server/answer.h"

namespace durable_streams::server {

// What a request was allowed on.
struct Grant {
  // Scope of producer ids and Stream-Seq: who holds another authority cannot
  // fence this one out (design: tokens). Empty without tokens.
  std::string authority;

  // Wall clock; live answers end here. Absent without tokens.
  std::optional<int64_t> expires_at_ms;

  // Everybody may read: shared caches may keep what is read.
  bool is_public() const { return !expires_at_ms; }
};

class Access {
 public:
  enum class Open {
    to_loopback_hosts,  // No keys: `Host` must name this machine.
    to_all,             // `auth: none`.
  };

  explicit Access(Open open) : open_(open) {}
  explicit Access(std::unique_ptr<auth::TokenVerifier> verifier)
      : verifier_(std::move(verifier)) {}

  std::variant<Grant, Refusal> check(const http::Request& request,
                                     auth::Permission permission,
                                     std::string_view stream_path,
                                     int64_t wall_ms) const;

  // False with tokens: then a page that has none can do nothing, and one that
  // has one may.
  bool is_open() const { return verifier_ == nullptr; }

  // Null without tokens. For rereading keys.
  auth::TokenVerifier* verifier() const { return verifier_.get(); }

 private:
  Open open_ = Open::to_loopback_hosts;
  std::unique_ptr<auth::TokenVerifier> verifier_;
};

}  // namespace durable_streams::server
