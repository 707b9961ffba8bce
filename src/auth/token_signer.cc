#include "auth/token_signer.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "auth/base64url.h"
#include "auth/errc.h"

namespace durable_streams::auth {
namespace {

// Writes one object; texts that are not UTF-8 are noticed at the end.
class ObjectWriter {
 public:
  ObjectWriter() { writer_.StartObject(); }

  void add(const char* name, const std::string& value) {
    writer_.Key(name);
    add_string(value);
  }
  void add_if_any(const char* name, const std::string& value) {
    if (!value.empty()) add(name, value);
  }
  void add_seconds(const char* name, int64_t ms) {
    writer_.Key(name);
    writer_.Int64(ms / 1000);
  }
  void add_true(const char* name) {
    writer_.Key(name);
    writer_.Bool(true);
  }
  void add_permissions(bool may_read, bool may_write) {
    writer_.Key("permissions");
    writer_.StartArray();
    if (may_read) writer_.String("read");
    if (may_write) writer_.String("write");
    writer_.EndArray();
  }

  Result<std::string> finish() {
    writer_.EndObject();
    if (!is_utf8_) return fail(Errc::bad_claims, "a claim's text is not UTF-8");
    return std::string(buffer_.GetString(), buffer_.GetSize());
  }

 private:
  using Buffer = rapidjson::StringBuffer;
  using Writer =
      rapidjson::Writer<Buffer, rapidjson::UTF8<>, rapidjson::UTF8<>,
                        rapidjson::CrtAllocator, rapidjson::kWriteValidateEncodingFlag>;

  void add_string(const std::string& text) {
    const auto size = static_cast<rapidjson::SizeType>(text.size());
    if (!writer_.String(text.data(), size)) is_utf8_ = false;
  }

  Buffer buffer_;
  Writer writer_{buffer_};
  bool is_utf8_ = true;
};

Result<std::string> header_json(const TokenFrame& frame) {
  ObjectWriter writer;
  writer.add("alg", "ES256");
  writer.add("typ", "JWT");
  writer.add_if_any("kid", frame.kid);
  return writer.finish();
}

Result<std::string> payload_json(const TokenClaims& claims, const TokenFrame& frame) {
  ObjectWriter writer;
  if (claims.server) {
    writer.add_true("server");
  } else {
    writer.add("stream", claims.stream);
    writer.add_permissions(claims.may_read, claims.may_write);
    if (claims.identity) writer.add("identity", *claims.identity);
  }
  writer.add_if_any("iss", frame.issuer);
  writer.add_if_any("aud", frame.audience);
  writer.add_seconds("iat", frame.issued_at_ms);
  if (frame.not_before_ms) writer.add_seconds("nbf", *frame.not_before_ms);
  writer.add_seconds("exp", claims.expires_at_ms);
  return writer.finish();
}

}  // namespace

Result<KeyPair> generate_key_pair() {
  const Result<SigningKey> key = SigningKey::generate();
  if (!key) return fail(key.error());
  return KeyPair{key->private_pem(), key->public_pem(), key->thumbprint()};
}

Result<std::string> sign_token(const TokenClaims& claims, const TokenFrame& frame,
                               std::string_view private_pem) {
  const Result<SigningKey> key = SigningKey::parse_pem(private_pem);
  if (!key) return fail(key.error());
  const Result<std::string> header = header_json(frame);
  if (!header) return fail(header.error());
  const Result<std::string> payload = payload_json(claims, frame);
  if (!payload) return fail(payload.error());
  return sign_json(*header, *payload, *key);
}

Result<std::string> sign_json(std::string_view header_json,
                              std::string_view payload_json, const SigningKey& key) {
  std::string token =
      base64url_encode(header_json) + '.' + base64url_encode(payload_json);
  const Result<std::string> signature = key.sign(token);
  if (!signature) return fail(signature.error());
  return token + '.' + base64url_encode(*signature);
}

}  // namespace durable_streams::auth
