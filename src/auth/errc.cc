#include "auth/errc.h"

#include <string>

namespace durable_streams::auth {
namespace {

class Category final : public std::error_category {
  const char* name() const noexcept override { return "auth"; }

  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::malformed:
        return "the token is not a JSON Web Token";
      case Errc::too_large:
        return "the token is too long";
      case Errc::wrong_algorithm:
        return "the token is not signed with ES256";
      case Errc::unknown_key:
        return "the token names a key that this server does not have";
      case Errc::bad_signature:
        return "the token's signature is wrong";
      case Errc::bad_claims:
        return "the token's claims cannot be used";
      case Errc::expired:
        return "the token has expired";
      case Errc::not_yet_valid:
        return "the token is not valid yet";
      case Errc::wrong_issuer:
        return "the token is from another issuer";
      case Errc::wrong_audience:
        return "the token is for another audience";
      case Errc::unusable_key:
        return "no usable key for ES256";
    }
    return "unknown auth error";
  }
};

}  // namespace

const std::error_category& error_category() noexcept {
  static const Category category;
  return category;
}

}  // namespace durable_streams::auth
