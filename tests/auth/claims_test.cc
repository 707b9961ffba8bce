#include "auth/claims.h"

#include <gtest/gtest.h>

#include "auth/errc.h"
#include "base/limits.h"

namespace durable_streams::auth {
namespace {

std::string header_kid(std::string_view json) {
  const auto header = parse_header(json);
  if (!header) return header.error().message();
  return header->kid ? "kid " + *header->kid : "no kid";
}

TEST(TokenHeader, NeedsEs256AndMayNameAKey) {
  EXPECT_EQ(header_kid(R"({"alg":"ES256"})"), "no kid");
  EXPECT_EQ(header_kid(R"({"typ":"JWT","kid":"2025","alg":"ES256"})"), "kid 2025");
  EXPECT_EQ(header_kid(R"({"alg":"ES256","jku":"http://evil/","jwk":{}})"), "no kid")
      << "where a token says its key lies is never looked at";
}

TEST(TokenHeader, RefusesEveryOtherAlgorithm) {
  const std::string wrong = std::error_code(Errc::wrong_algorithm).message();
  for (const char* json :
       {"{}", R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"HS256"})",
        R"({"alg":"RS256"})", R"({"alg":"ES384"})", R"({"alg":"es256"})",
        R"({"alg":""})", R"({"alg":null})", R"({"alg":["ES256"]})",
        R"({"Alg":"ES256"})"}) {
    EXPECT_EQ(header_kid(json), wrong) << json;
  }
}

TEST(TokenHeader, RefusesWhatItCannotUnderstand) {
  for (const char* json :
       {"", "[]", "null", "\"ES256\"", R"({"alg":"ES256")",
        R"({"alg":"ES256"} )"
        "x",
        R"({"alg":"ES256","alg":"none"})", R"({"alg":"none","alg":"ES256"})",
        R"({"alg":"ES256","a\u006cg":"ES256"})", R"({"alg":"ES256","kid":7})",
        R"({"alg":"ES256","kid":null})",
        R"({"alg":"ES256","crit":["b64"],"b64":false})", R"({"alg":"ES256","crit":[]})",
        "{\"alg\":\"ES256\",\"kid\":\"\xff\"}"}) {
    const auto header = parse_header(json);
    ASSERT_FALSE(header) << json;
    EXPECT_EQ(header.error().code, Errc::malformed) << json;
  }
}

TokenPayload payload(std::string_view json) {
  auto parsed = parse_payload(json);
  if (!parsed) {
    ADD_FAILURE() << json << ": " << parsed.error().message();
    return {};
  }
  return *parsed;
}

TEST(TokenPayload, ReadsAClientsToken) {
  const TokenPayload read = payload(
      R"({"stream":"gid://app/Room/1","permissions":["read"],"exp":1750000000})");
  EXPECT_FALSE(read.claims.server);
  EXPECT_EQ(read.claims.stream, "gid://app/Room/1");
  EXPECT_TRUE(read.claims.may_read);
  EXPECT_FALSE(read.claims.may_write);
  EXPECT_EQ(read.claims.identity, std::nullopt);
  EXPECT_EQ(read.claims.expires_at_ms, 1'750'000'000'000);
  EXPECT_EQ(read.issuer, std::nullopt);
  EXPECT_TRUE(read.audiences.empty());

  const TokenPayload write = payload(
      R"({"permissions":["write","read","write"],"stream":"a\u00e9\u0000b","identity":"ann",)"
      R"("iss":"app","aud":"streams","iat":5,"nbf":6.5,"exp":7.25,"jti":"x","sub":{}})");
  EXPECT_EQ(write.claims.stream, std::string("a\xc3\xa9\0b", 5));
  EXPECT_TRUE(write.claims.may_read);
  EXPECT_TRUE(write.claims.may_write);
  EXPECT_EQ(write.claims.identity, "ann");
  EXPECT_EQ(write.issuer, "app");
  EXPECT_EQ(write.audiences, std::vector<std::string>{"streams"});
  EXPECT_EQ(write.issued_at_ms, 5000);
  EXPECT_EQ(write.not_before_ms, 6500);
  EXPECT_EQ(write.claims.expires_at_ms, 7250);
}

TEST(TokenPayload, ReadsTheAppServersToken) {
  const TokenPayload read = payload(R"({"server":true,"aud":["a","b"],"exp":1})");
  EXPECT_TRUE(read.claims.server);
  EXPECT_EQ(read.audiences, (std::vector<std::string>{"a", "b"}));
}

TEST(TokenPayload, NoPermissionsAreNoRights) {
  const TokenPayload read = payload(R"({"stream":"a","permissions":[],"exp":1})");
  EXPECT_FALSE(read.claims.may_read || read.claims.may_write);
  EXPECT_FALSE(payload(R"({"server":false,"stream":"a","permissions":[],"exp":1})")
                   .claims.server);
}

TEST(TokenPayload, RefusesClaimsThatCannotBeUsed) {
  const std::string too_long(limits::stream_path_bytes_max + 1, 'a');
  const std::string cases[][2] = {
      {R"({"server":true})", "claim \"exp\" is missing"},
      {R"({"server":true,"exp":"1"})", "claim \"exp\" is no number"},
      {R"({"server":true,"exp":null})", "claim \"exp\" is no number"},
      {R"({"server":true,"exp":-1})", "claim \"exp\" is no time"},
      {R"({"server":true,"exp":1e300})", "claim \"exp\" is no time"},
      {R"({"server":true,"exp":1,"nbf":"0"})", "claim \"nbf\" is no number"},
      {R"({"server":true,"exp":1,"iat":true})", "claim \"iat\" is no number"},
      {R"({"server":true,"exp":1,"iss":7})", "claim \"iss\" is no string"},
      {R"({"server":true,"exp":1,"aud":7})", "claim \"aud\" is no string"},
      {R"({"server":true,"exp":1,"aud":["a",7]})", "claim \"aud\" is no string"},
      {R"({"server":"true","exp":1})", "claim \"server\" is neither true nor false"},
      {R"({"server":1,"exp":1})", "claim \"server\" is neither true nor false"},
      {R"({"server":true,"stream":"a","permissions":["read"],"exp":1})",
       "claim \"stream\" stands beside \"server\": true"},
      {R"({"exp":1})", "claim \"stream\" is missing, and \"server\" is not true"},
      {R"({"server":false,"exp":1})",
       "claim \"stream\" is missing, and \"server\" is not true"},
      {R"({"stream":["a"],"permissions":["read"],"exp":1})",
       "claim \"stream\" is no string"},
      {R"({"stream":"","permissions":["read"],"exp":1})",
       "claim \"stream\" is no stream's name"},
      {R"({"stream":")" + too_long + R"(","permissions":["read"],"exp":1})",
       "claim \"stream\" is no stream's name"},
      {R"({"stream":"a","exp":1})", "claim \"permissions\" is missing"},
      {R"({"stream":"a","permissions":"read","exp":1})",
       "claim \"permissions\" is no array"},
      {R"({"stream":"a","permissions":["admin"],"exp":1})",
       "claim \"permissions\" holds what is neither \"read\" nor \"write\""},
      {R"({"stream":"a","permissions":[7],"exp":1})",
       "claim \"permissions\" is no string"},
      {R"({"stream":"a","permissions":["read"],"identity":"","exp":1})",
       "claim \"identity\" is empty or too long"},
      {R"({"stream":"a","permissions":["read"],"identity":null,"exp":1})",
       "claim \"identity\" is no string"},
      {R"({"server":true,"server":true,"exp":1})",
       "\"server\" stands twice in its payload"},
      {R"({"stream":"a","str\u0065am":"b","permissions":["read"],"exp":1})",
       "\"stream\" stands twice in its payload"},
      {R"({"server":true,"exp":1,"jti":"a","jti":"b"})",
       "\"jti\" stands twice in its payload"},
  };
  for (const auto& [json, detail] : cases) {
    const auto parsed = parse_payload(json);
    ASSERT_FALSE(parsed) << json;
    EXPECT_EQ(parsed.error().detail, detail) << json;
    EXPECT_EQ(parsed.error().code, Errc::bad_claims) << json;
  }
}

TEST(TokenPayload, RefusesWhatIsNoJsonObject) {
  for (const char* json : {"", "[]", "7", "{", "{\"exp\":1", "{} {}", "\xff"}) {
    const auto parsed = parse_payload(json);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, Errc::malformed) << json;
  }
}

}  // namespace
}  // namespace durable_streams::auth
