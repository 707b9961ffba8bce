#include "protocol/stream_config.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace durable_streams::protocol {
namespace {

TEST(Framing, FollowsTheMediaType) {
  EXPECT_EQ(framing_of("application/json"), Framing::json);
  EXPECT_EQ(framing_of("Application/JSON; charset=utf-8"), Framing::json);
  EXPECT_EQ(framing_of("application/json ;x=y"), Framing::json);
  EXPECT_EQ(framing_of("text/plain"), Framing::text);
  EXPECT_EQ(framing_of("TEXT/html; charset=latin1"), Framing::text);
  for (const char* type :
       {"application/octet-stream", "application/ndjson", "application/vnd.api+json",
        "application/jsonl", "application/x-text", "texty/plain", "text", ""}) {
    EXPECT_EQ(framing_of(type), Framing::binary) << type;
  }
}

TEST(StreamConfig, IsJsonOnlyForApplicationJson) {
  StreamConfig config;
  EXPECT_FALSE(config.is_json());
  config.content_type = "application/json;charset=utf-8";
  EXPECT_TRUE(config.is_json());
}

TEST(ContentType, ComparesWithoutCaseAndParameters) {
  EXPECT_TRUE(same_content_type("text/plain", "text/plain"));
  EXPECT_TRUE(same_content_type("text/plain", "TEXT/Plain"));
  EXPECT_TRUE(same_content_type("application/json; charset=utf-8", "application/json"));
  EXPECT_TRUE(same_content_type("text/plain;charset=a", "text/plain ; charset=b"));
  EXPECT_FALSE(same_content_type("text/plain", "text/html"));
  EXPECT_FALSE(same_content_type("text/plain", "text/plainer"));
  EXPECT_FALSE(same_content_type("", "text/plain"));
}

TEST(ContentType, IsValidByTheGrammarOfRfc9110) {
  for (const char* type :
       {"text/plain", "application/vnd.api+json", "a/b", "image/svg+xml;charset=utf-8",
        "text/plain; charset=\"utf-8; \\\"x\\\"\"", "text/plain;", "text/plain ; ;a=b",
        "text/plain;a=b;c=d", "x-!#$/y'*"}) {
    EXPECT_TRUE(is_valid_content_type(type)) << type;
  }
  for (const char* type :
       {"", "/", "text", "text/", "/plain", "text/plain/x", "te xt/plain",
        "text /plain", "text/pl,ain", "text/plain; charset", "text/plain; =x",
        "text/plain; a=", "text/plain; a=\"open", "text/plain; a=\"x\\",
        "text/plain; a=b c=d", "text/plain; a=\"\x01\"", "text/pl\r\nain",
        "text/pl\xc3\xa4in", "*/*x y"}) {
    EXPECT_FALSE(is_valid_content_type(type)) << type;
  }
}

TEST(ContentType, IsBoundInLength) {
  const std::string longest =
      "a/" + std::string(limits::content_type_bytes_max - 2, 'b');
  EXPECT_TRUE(is_valid_content_type(longest));
  EXPECT_FALSE(is_valid_content_type(longest + "b"));
}

TEST(StreamConfig, MatchesOnTypeTtlAndExpiry) {
  const StreamConfig plain{"text/plain", {}, {}};
  const StreamConfig with_ttl{"text/plain", 60, {}};
  const StreamConfig with_expiry{"text/plain", {}, 60'000};
  EXPECT_TRUE(same_config(plain, {"Text/Plain; charset=utf-8", {}, {}}));
  EXPECT_TRUE(same_config(with_ttl, {"text/plain", 60, {}}));
  EXPECT_TRUE(same_config(with_expiry, {"text/plain", {}, 60'000}));
  EXPECT_FALSE(same_config(plain, with_ttl));
  EXPECT_FALSE(same_config(plain, with_expiry));
  EXPECT_FALSE(same_config(with_ttl, with_expiry));
  EXPECT_FALSE(same_config(with_ttl, {"text/plain", 61, {}}));
  EXPECT_FALSE(same_config(with_expiry, {"text/plain", {}, 60'001}));
}

}  // namespace
}  // namespace durable_streams::protocol
