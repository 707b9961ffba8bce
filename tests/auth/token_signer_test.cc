#include "auth/token_signer.h"

#include <gtest/gtest.h>

#include "auth/base64url.h"
#include "auth/claims.h"
#include "auth/errc.h"
#include "key_files.h"

namespace durable_streams::auth {
namespace {

// The JSON of a token's nth part.
std::string part(const std::string& token, int index) {
  size_t begin = 0;
  for (; index > 0; --index)
    begin = token.find('.', begin) + 1;
  return *base64url_decode(token.substr(begin, token.find('.', begin) - begin));
}

TEST(TokenSigner, KeyPairsFitTogether) {
  const auto pair = generate_key_pair();
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->public_pem.substr(0, 26), "-----BEGIN PUBLIC KEY-----");
  EXPECT_EQ(pair->public_pem.find("PRIVATE"), std::string::npos);
  const auto key = SigningKey::parse_pem(pair->private_pem);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->public_pem(), pair->public_pem);
  EXPECT_EQ(key->thumbprint(), pair->thumbprint);
  EXPECT_NE(generate_key_pair()->thumbprint, pair->thumbprint);
}

TEST(TokenSigner, WritesAClientsClaims) {
  TokenClaims claims;
  claims.stream = "gid://app/Room/1 \"\xc3\xa9\"";
  claims.may_read = claims.may_write = true;
  claims.identity = "ann";
  claims.expires_at_ms = 1'750'000'900'999;
  const TokenFrame frame{1'750'000'000'123, 1'749'999'999'000, "app", "streams",
                         "2025"};
  const auto token = sign_token(claims, frame, test_key("a").private_pem());
  ASSERT_TRUE(token) << token.error().message();
  EXPECT_EQ(part(*token, 0), R"({"alg":"ES256","typ":"JWT","kid":"2025"})");
  EXPECT_EQ(
      part(*token, 1),
      "{\"stream\":\"gid://app/Room/1 \\\"\xc3\xa9\\\"\",\"permissions\":[\"read\","
      "\"write\"],\"identity\":\"ann\",\"iss\":\"app\",\"aud\":\"streams\","
      "\"iat\":1750000000,\"nbf\":1749999999,\"exp\":1750000900}");
}

TEST(TokenSigner, WritesTheAppServersClaims) {
  TokenClaims claims;
  claims.server = true;
  claims.expires_at_ms = 2000;
  const auto token =
      sign_token(claims, {1000, {}, "", "", ""}, test_key("a").private_pem());
  ASSERT_TRUE(token);
  EXPECT_EQ(part(*token, 0), R"({"alg":"ES256","typ":"JWT"})");
  EXPECT_EQ(part(*token, 1), R"({"server":true,"iat":1,"exp":2})");
}

TEST(TokenSigner, RefusesTextThatIsNotUtf8) {
  TokenClaims claims;
  claims.stream = "a\xff";
  const auto token = sign_token(claims, {}, test_key("a").private_pem());
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, Errc::bad_claims);
}

TEST(TokenSigner, RefusesAKeyThatIsNone) {
  const auto token = sign_token({}, {}, test_key("a").public_pem());
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, Errc::unusable_key);
}

}  // namespace
}  // namespace durable_streams::auth
