#include "server/access.h"

#include <utility>

#include "auth/loopback.h"
#include "protocol/request_headers.h"

namespace durable_streams::server {
namespace {

// RFC 6750 §2.1; the scheme's name is case-insensitive.
std::optional<std::string> bearer_token(const http::Request& request) {
  const auto value = request.field(http::Field::authorization);
  constexpr std::string_view scheme = "bearer ";
  if (!value || value->size() <= scheme.size()) return std::nullopt;
  for (size_t i = 0; i < scheme.size(); ++i) {
    const char c = (*value)[i];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    if (lower != scheme[i]) return std::nullopt;
  }
  return std::string(value->substr(scheme.size()));
}

Refusal unauthorized(std::string_view code, std::string message) {
  return {401, code, std::move(message)};
}

std::variant<Grant, Refusal> check_host(const http::Request& request) {
  const auto host = request.field(http::Field::host);
  // A Unix socket's peers are on this machine, and are asked for no name.
  if (request.peer_address.empty() || (host && auth::is_loopback_host(*host)))
    return Grant{};
  return Refusal{
      403, "host_not_loopback",
      "This server has no keys and answers only to the names of this machine "
      "(localhost, 127.0.0.1, [::1])."};
}

}  // namespace

std::variant<Grant, Refusal> Access::check(const http::Request& request,
                                           auth::Permission permission,
                                           std::string_view stream_path,
                                           int64_t wall_ms) const {
  if (verifier_ == nullptr) {
    if (open_ == Open::to_all) return Grant{};
    return check_host(request);
  }
  std::optional<std::string> token = bearer_token(request);
  if (!token) {
    protocol::QueryValue parameter = protocol::query_parameter(request.query, "token");
    if (parameter.count > 1) {
      return unauthorized("token_ambiguous", "There is more than one token.");
    }
    if (parameter.count == 1) token = std::move(parameter.value);
  }
  if (!token) {
    return unauthorized("token_missing",
                        "A token is needed: as Authorization: Bearer, or in ?token=.");
  }
  const auto claims = verifier_->verify(*token, wall_ms);
  if (!claims) return unauthorized("token_refused", claims.error().message());
  if (auto denied = auth::authorize(**claims, permission, stream_path)) {
    return Refusal{403, "not_permitted", std::move(*denied)};
  }
  return Grant{auth::authority(**claims), (*claims)->expires_at_ms};
}

}  // namespace durable_streams::server
