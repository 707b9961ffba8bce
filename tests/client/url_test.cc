#include "client/url.h"

#include <gtest/gtest.h>

#include "durable_streams/stream.h"

namespace durable_streams::client {
namespace {

TEST(Url, HasHostPortAndTarget) {
  const auto url = parse_url("http://localhost:4437/v1/streams/a");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "localhost");
  EXPECT_EQ(url->port, "4437");
  EXPECT_EQ(url->target, "/v1/streams/a");
  EXPECT_EQ(url->authority(), "localhost:4437");
  EXPECT_EQ(url->origin(), "http://localhost:4437");
}

TEST(Url, TakesAnIpv6AddressInBrackets) {
  const auto url = parse_url("http://[::1]:81/a");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->authority(), "[::1]:81");
}

TEST(Url, NormalisesNothingAndEncodesOnlyWhatAPathCannotHold) {
  EXPECT_EQ(parse_url("http://h/v1/streams/gid://app/Room/1/../x")->target,
            "/v1/streams/gid://app/Room/1/../x");
  EXPECT_EQ(parse_url("http://h/a b%2Fc\xc3\xa9")->target, "/a%20b%2Fc%C3%A9");
  EXPECT_EQ(parse_url("http://h")->target, "/");
}

TEST(Url, YieldsTheTokenOfASignedUrl) {
  const auto url = parse_url("http://h/a?token=ey%4A.x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->token, "eyJ.x");
  EXPECT_EQ(url->target, "/a");
  EXPECT_EQ(parse_url("http://h/a?token=%4")->token, "%4");
  EXPECT_EQ(parse_url("http://h/a?token=a%41")->token, "aA");
}

TEST(Url, RefusesWhatItDoesNotUnderstand) {
  for (const char* text :
       {"", "localhost:4437/a", "https://h/a", "ftp://h/a", "http://", "http:///a",
        "http://user:secret@h/a", "http://h:0/a", "http://h:65536/a", "http://h:x/a",
        "http://h:/a", "http://[::1/a", "http://[::1]x/a", "http://h\r\nx/a",
        "http://h/a?offset=1", "http://h/a?token=x&offset=1", "http://h/a#b"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ErrorCode::invalid_argument) << text;
  }
}

TEST(Url, TellsWhatToUseInsteadOfAPassword) {
  const auto url = parse_url("http://user:secret@h/a");
  ASSERT_FALSE(url);
  EXPECT_NE(url.error().message.find("use a token"), std::string::npos);
}

TEST(StreamUrl, TakesANameAsItIs) {
  EXPECT_EQ(stream_url("http://h/v1/streams", "gid://app/Room/1"),
            "http://h/v1/streams/gid://app/Room/1");
  EXPECT_EQ(stream_url("http://h/v1/streams/", "../x"), "http://h/v1/streams/../x");
  EXPECT_EQ(stream_url("http://h", "a?b#c%2F [\n"), "http://h/a%3Fb%23c%252F%20%5B%0A");
  EXPECT_EQ(stream_url("http://h", "http://evil/x"), "http://h/http://evil/x");
}

}  // namespace
}  // namespace durable_streams::client
