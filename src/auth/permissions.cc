#include "auth/permissions.h"

#include <fmt/format.h>

namespace durable_streams::auth {
namespace {

// What is not a stream but the server's own lies there (PROTOCOL.md §6).
bool is_reserved(std::string_view path) {
  return path == "__ds" || path.starts_with("__ds/");
}

const char* name_of(Permission permission) {
  switch (permission) {
    case Permission::create:
      return "create";
    case Permission::append:
      return "append to";
    case Permission::read:
      return "read";
    case Permission::close:
      return "close";
    case Permission::remove:
      return "delete";
    case Permission::metadata:
      return "see the metadata of";
  }
  return "use";
}

bool is_allowed(const TokenClaims& claims, Permission permission) {
  switch (permission) {
    case Permission::read:
      return claims.may_read;
    case Permission::append:
      return claims.may_write;
    case Permission::metadata:
      return claims.may_read || claims.may_write;
    case Permission::create:
    case Permission::close:
    case Permission::remove:
      return false;
  }
  return false;
}

}  // namespace

std::optional<std::string> authorize(const TokenClaims& claims, Permission permission,
                                     std::string_view stream_path) {
  if (claims.server) return std::nullopt;
  if (claims.stream != stream_path) {
    return fmt::format("The token is for the stream \"{}\", but \"{}\" was asked.",
                       claims.stream, stream_path);
  }
  if (is_reserved(stream_path)) {
    return fmt::format(
        "The token is for the stream \"{}\", and \"{}\" was asked: what lies "
        "below __ds is not for clients.",
        claims.stream, stream_path);
  }
  if (!is_allowed(claims, permission)) {
    return fmt::format("The token for the stream \"{}\" does not allow to {} \"{}\".",
                       claims.stream, name_of(permission), stream_path);
  }
  return std::nullopt;
}

std::string authority(const TokenClaims& claims) {
  if (claims.server) return "s";
  if (claims.identity) return "c:" + *claims.identity;
  return "c";
}

bool is_client(std::string_view authority) {
  return authority.starts_with('c');
}

}  // namespace durable_streams::auth
