#include "server/config_values.h"

#include <gtest/gtest.h>

namespace durable_streams::server {
namespace {

TEST(DurationValue, HasAUnit) {
  EXPECT_EQ(DurationValue::parse("500ms"), 500);
  EXPECT_EQ(DurationValue::parse("30s"), 30'000);
  EXPECT_EQ(DurationValue::parse("1.5s"), 1'500);
  EXPECT_EQ(DurationValue::parse("2m"), 120'000);
  EXPECT_EQ(DurationValue::parse("24h"), 86'400'000);
}

TEST(DurationValue, RefusesWhatIsNoDurationOrNone) {
  for (const char* text : {"", "30", "s", "0s", "-1s", "30 s", "30S", "30d", "25h",
                           "1e9h", "nans", "infs", "0.1ms", "1s1s"}) {
    EXPECT_FALSE(DurationValue::parse(text)) << text;
  }
}

TEST(DurationValue, IsShownInItsLargestWholeUnit) {
  EXPECT_EQ(DurationValue::show(500), "500ms");
  EXPECT_EQ(DurationValue::show(1'500), "1500ms");
  EXPECT_EQ(DurationValue::show(90'000), "90s");
  EXPECT_EQ(DurationValue::show(120'000), "2m");
  EXPECT_EQ(DurationValue::show(3'600'000), "1h");
}

TEST(SizeValue, CountsInPowersOf1024) {
  EXPECT_EQ(SizeValue::parse("65536"), 65536u);
  EXPECT_EQ(SizeValue::parse("64KiB"), 65536u);
  EXPECT_EQ(SizeValue::parse("8mb"), 8u << 20);
  EXPECT_EQ(SizeValue::parse("1g"), 1u << 30);
  EXPECT_EQ(SizeValue::show(8u << 20), "8MiB");
  EXPECT_EQ(SizeValue::show(1000), "1000");
}

TEST(SizeValue, RefusesOverflowAndNonsense) {
  for (const char* text : {"", "0", "-1", "1TB", "1.5MB", "17179869184GiB", "KiB"}) {
    EXPECT_FALSE(SizeValue::parse(text)) << text;
  }
}

TEST(PortValue, IsOneTo65535) {
  EXPECT_EQ(PortValue::parse("65535"), 65535);
  for (const char* text : {"", "0", "65536", "-1", "80a", " 80"}) {
    EXPECT_FALSE(PortValue::parse(text)) << text;
  }
}

TEST(RouteValue, IsAPathWithOneStarAtItsEnd) {
  EXPECT_TRUE(RouteValue::parse("/v1/streams/*"));
  EXPECT_TRUE(RouteValue::parse("/*"));
  for (const char* text :
       {"", "/v1", "v1/*", "/v1*", "/*/a/*", "/a//*", "/a?b/*", "/a b/*", "/%2F/*"}) {
    EXPECT_FALSE(RouteValue::parse(text)) << text;
  }
}

TEST(OriginValue, IsKeptAsBrowsersSendIt) {
  EXPECT_EQ(OriginValue::parse("HTTPS://App.Example.com/"), "https://app.example.com");
  EXPECT_EQ(OriginValue::parse("http://[::1]:3000"), "http://[::1]:3000");
  EXPECT_EQ(OriginValue::parse("*"), "*");
  EXPECT_EQ(OriginValue::parse("loopback"), "loopback");
  for (const char* text : {"", "app.example.com", "https://", "https://a/b", "://a"}) {
    EXPECT_FALSE(OriginValue::parse(text)) << text;
  }
}

TEST(SocketPathValue, FitsTheKernelsStructure) {
  EXPECT_TRUE(SocketPathValue::parse(std::string(104, 'a')));
  EXPECT_FALSE(SocketPathValue::parse(std::string(105, 'a')));
  EXPECT_FALSE(SocketPathValue::parse(""));
}

TEST(LogLevelValue, MayStandInAnyCase) {
  EXPECT_EQ(LogLevelValue::parse("INFO"), LogLevel::info);
  EXPECT_EQ(LogLevelValue::parse("Warning"), LogLevel::warn);
  EXPECT_EQ(LogLevelValue::show(LogLevel::warn), "warn");
  EXPECT_FALSE(LogLevelValue::parse("loud"));
}

TEST(BindValue, IsANumericAddressOrOneOfTwoWords) {
  for (const char* text : {"127.0.0.1", "::", "localhost", "*"}) {
    EXPECT_TRUE(BindValue::parse(text)) << text;
  }
  for (const char* text : {"", "example.com", "127.0.0.1:80", "[::1]"}) {
    EXPECT_FALSE(BindValue::parse(text)) << text;
  }
}

}  // namespace
}  // namespace durable_streams::server
