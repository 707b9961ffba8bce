#include "auth/claims.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>

#include "auth/errc.h"
#include "base/limits.h"

namespace durable_streams::auth {
namespace {

namespace dom = simdjson::dom;

constexpr size_t identity_bytes_max = limits::producer_id_bytes_max;

// Seconds beyond this are no time: the year 9999.
constexpr double seconds_max = 253'402'300'799.0;

auto bad_claim(std::string_view name, const char* why) {
  return fail(Errc::bad_claims, fmt::format("claim \"{}\" {}", name, why));
}

// A parser that keeps its memory; its elements live until the next parse.
dom::parser& thread_parser() {
  thread_local dom::parser parser(64 * 1024);
  return parser;
}

// An object in which no member stands twice.
Result<dom::object> parse_object(std::string_view json, const char* part) {
  dom::object object;
  if (thread_parser().parse(json.data(), json.size()).get(object) !=
      simdjson::SUCCESS) {
    return fail(Errc::malformed, fmt::format("its {} is no JSON object", part));
  }
  for (auto member = object.begin(); member != object.end(); ++member) {
    for (auto earlier = object.begin(); earlier != member; ++earlier) {
      if (earlier.key() == member.key()) {
        return fail(
            part == std::string_view("header") ? Errc::malformed : Errc::bad_claims,
            fmt::format("\"{}\" stands twice in its {}", member.key(), part));
      }
    }
  }
  return object;
}

Result<std::string> string_of(std::string_view name, const dom::element& value) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return bad_claim(name, "is no string");
  return std::string(text);
}

// A NumericDate, whole or not (RFC 7519 §2), in milliseconds.
Result<int64_t> time_of(std::string_view name, const dom::element& value) {
  double seconds = 0;
  if (value.get(seconds) != simdjson::SUCCESS) return bad_claim(name, "is no number");
  if (!(seconds >= 0 && seconds <= seconds_max)) return bad_claim(name, "is no time");
  return static_cast<int64_t>(std::floor(seconds * 1000));
}

Result<std::vector<std::string>> strings_of(std::string_view name,
                                            const dom::element& value) {
  dom::array array;
  if (value.get(array) != simdjson::SUCCESS) return bad_claim(name, "is no array");
  std::vector<std::string> strings;
  for (const dom::element element : array) {
    Result<std::string> text = string_of(name, element);
    if (!text) return fail(text.error());
    strings.push_back(std::move(*text));
  }
  return strings;
}

Result<std::vector<std::string>> audiences_of(const dom::element& value) {
  if (value.is_array()) return strings_of("aud", value);
  Result<std::string> one = string_of("aud", value);
  if (!one) return fail(one.error());
  return std::vector<std::string>{std::move(*one)};
}

Result<void> read_permissions(const dom::element& value, TokenClaims& into) {
  const auto permissions = strings_of("permissions", value);
  if (!permissions) return fail(permissions.error());
  for (const std::string& permission : *permissions) {
    if (permission == "read") {
      into.may_read = true;
    } else if (permission == "write") {
      into.may_write = true;
    } else {
      return bad_claim("permissions", "holds what is neither \"read\" nor \"write\"");
    }
  }
  return {};
}

// Reads claims one by one, then looks whether they fit together.
class PayloadReader {
 public:
  Result<void> read(std::string_view name, const dom::element& value) {
    if (name == "exp") return take(time_of(name, value), expires_at_ms_);
    if (name == "nbf") return take(time_of(name, value), payload_.not_before_ms);
    if (name == "iat") return take(time_of(name, value), payload_.issued_at_ms);
    if (name == "iss") return take(string_of(name, value), payload_.issuer);
    if (name == "aud") return take(audiences_of(value), payload_.audiences);
    if (name == "stream") return take(string_of(name, value), stream_);
    if (name == "identity")
      return take(string_of(name, value), payload_.claims.identity);
    if (name == "permissions") {
      has_permissions_ = true;
      return read_permissions(value, payload_.claims);
    }
    if (name == "server" && value.get(payload_.claims.server) != simdjson::SUCCESS) {
      return bad_claim(name, "is neither true nor false");
    }
    return {};
  }

  Result<TokenPayload> finish() {
    TokenClaims& claims = payload_.claims;
    if (!expires_at_ms_) return bad_claim("exp", "is missing");
    claims.expires_at_ms = *expires_at_ms_;
    if (claims.server) {
      if (stream_) return bad_claim("stream", "stands beside \"server\": true");
      claims.may_read = claims.may_write = false;
      claims.identity.reset();
      return std::move(payload_);
    }
    if (!stream_) return bad_claim("stream", "is missing, and \"server\" is not true");
    if (stream_->empty() || stream_->size() > limits::stream_path_bytes_max) {
      return bad_claim("stream", "is no stream's name");
    }
    if (!has_permissions_) return bad_claim("permissions", "is missing");
    if (claims.identity &&
        (claims.identity->empty() || claims.identity->size() > identity_bytes_max)) {
      return bad_claim("identity", "is empty or too long");
    }
    claims.stream = std::move(*stream_);
    return std::move(payload_);
  }

 private:
  template <class T, class Into>
  static Result<void> take(Result<T> read, Into& into) {
    if (!read) return fail(read.error());
    into = std::move(*read);
    return {};
  }

  TokenPayload payload_;
  std::optional<int64_t> expires_at_ms_;
  std::optional<std::string> stream_;
  bool has_permissions_ = false;
};

}  // namespace

Result<TokenHeader> parse_header(std::string_view json) {
  const Result<dom::object> object = parse_object(json, "header");
  if (!object) return fail(object.error());
  TokenHeader header;
  bool is_es256 = false;
  for (const auto& [name, value] : *object) {
    std::string_view text;
    if (name == "alg") {
      is_es256 = value.get(text) == simdjson::SUCCESS && text == "ES256";
    } else if (name == "kid") {
      if (value.get(text) != simdjson::SUCCESS) {
        return fail(Errc::malformed, "\"kid\" is no string");
      }
      header.kid = text;
    } else if (name == "crit") {
      // RFC 7515 §4.1.11: what is named there must be understood.
      return fail(Errc::malformed, "it has critical extensions");
    }
  }
  if (!is_es256) return fail(Errc::wrong_algorithm);
  return header;
}

Result<TokenPayload> parse_payload(std::string_view json) {
  const Result<dom::object> object = parse_object(json, "payload");
  if (!object) return fail(object.error());
  PayloadReader reader;
  for (const auto& [name, value] : *object) {
    if (Result<void> read = reader.read(name, value); !read) return fail(read.error());
  }
  return reader.finish();
}

}  // namespace durable_streams::auth
