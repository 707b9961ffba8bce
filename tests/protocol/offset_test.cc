#include "protocol/offset.h"

#include <gtest/gtest.h>

namespace durable_streams::protocol {
namespace {

const std::string start_token = "0000000000000000_0000000000000000";

TEST(Offset, TokenHasOwnerThenPosition) {
  EXPECT_EQ((Offset{17, 4096}).to_string(), "0000000000000017_0000000000004096");
  EXPECT_EQ(Offset{}.to_string(), start_token);
  EXPECT_EQ((Offset{offset_half_max, offset_half_max}).to_string(),
            "9999999999999999_9999999999999999");
}

TEST(Offset, ParseReadsWhatToStringWrites) {
  for (const Offset offset :
       {Offset{}, Offset{1, 0}, Offset{0, 1}, Offset{123456, 987654321},
        Offset{offset_half_max, offset_half_max}}) {
    EXPECT_EQ(Offset::parse(offset.to_string()), offset);
  }
}

TEST(Offset, ParseTakesNothingElse) {
  for (const std::string token :
       {"", "-1", "now", "0", "0_0", "17_4096", "0000000000000017-0000000000004096",
        "000000000000017_0000000000004096", "00000000000000017_0000000000004096",
        "0000000000000017_000000000000409", "0000000000000017_00000000000040960",
        "000000000000001x_0000000000004096", "0000000000000017_000000000000409 ",
        " 000000000000017_0000000000004096", "+000000000000017_0000000000004096",
        "0000000000000017_-000000000004096", "0000000000000017_000000000000,096"}) {
    EXPECT_EQ(Offset::parse(token), std::nullopt) << token;
  }
  EXPECT_EQ(Offset::parse(start_token + '\0'), std::nullopt);
  EXPECT_EQ(Offset::parse(start_token + '\n'), std::nullopt);
}

// §8: a lexicographic comparison of tokens gives the order of positions.
TEST(Offset, OrderOfTokensIsOrderOfOffsets) {
  const Offset ascending[] = {{0, 0},  {1, 0},  {1, 9},   {1, 10},
                              {2, 0},  {9, 99}, {10, 0},  {10, 1'000'000},
                              {11, 5}, {99, 0}, {100, 0}, {offset_half_max, 0}};
  for (const Offset& one : ascending) {
    for (const Offset& other : ascending) {
      EXPECT_EQ(one < other, one.to_string() < other.to_string());
    }
  }
}

TEST(Offset, OnlyAllZerosIsTheStart) {
  EXPECT_TRUE(Offset{}.is_start());
  EXPECT_FALSE((Offset{1, 0}).is_start());
  EXPECT_FALSE((Offset{0, 1}).is_start());
}

TEST(ReadStart, HasTwoSentinelsBesideOffsets) {
  EXPECT_TRUE(std::holds_alternative<FromStart>(*parse_read_start("-1")));
  EXPECT_TRUE(std::holds_alternative<FromNow>(*parse_read_start("now")));
  EXPECT_EQ(std::get<Offset>(*parse_read_start(start_token)), Offset{});
  EXPECT_EQ(std::get<Offset>(*parse_read_start("0000000000000003_0000000000000008")),
            (Offset{3, 8}));
}

TEST(ReadStart, RefusesAllElse) {
  for (const char* text : {"", "-2", "NOW", "Now", "0", "1", "a", "0,1", "0 1", "-1 ",
                           " now", "../-1", "now/.."}) {
    EXPECT_FALSE(parse_read_start(text)) << text;
  }
}

}  // namespace
}  // namespace durable_streams::protocol
