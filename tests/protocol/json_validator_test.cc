#include "protocol/json_validator.h"

#include <gtest/gtest.h>

namespace durable_streams::protocol {
namespace {

std::string nested(size_t depth, char open = '[', char close = ']') {
  return std::string(depth, open) + std::string(depth, close);
}

bool is_valid(std::string_view text) {
  return !find_json_problem(text, 100);
}

TEST(JsonValidator, TakesEveryKindOfValue) {
  for (const char* text : {"null",
                           "true",
                           "false",
                           "0",
                           "-0",
                           "7",
                           "-12",
                           "1.5",
                           "-0.0",
                           "1e5",
                           "1E+5",
                           "1e-5",
                           "0e0",
                           "\"\"",
                           "\"a\"",
                           "\"\x7f\"",
                           "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
                           "[]",
                           "{}",
                           "[ ]",
                           "{ }",
                           "[1,2]",
                           "[[],{}]",
                           "{\"a\":1}",
                           "{\"a\":{\"b\":[null]},\"c\":2}",
                           " \t\r\n1 \t\r\n",
                           "{ \"a\" : [ 1 , 2 ] , \"b\" : \"x\" }",
                           "{\"a\":1,\"a\":2}",
                           "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\""}) {
    EXPECT_TRUE(is_valid(text)) << text;
  }
}

TEST(JsonValidator, TakesWhatFasterParsersRefuse) {
  for (const std::string& text :
       {std::string("18446744073709551616"), std::string(500, '9'),
        std::string("1e400"), std::string("-1e-400"),
        std::string("1e99999999999999999999"), std::string("\"\\ud800\""),
        std::string("\"\\udc00\""), std::string("\"\\ud800\\u0041\""),
        std::string("\"\\uDBFF\\uDBFF\"")}) {
    EXPECT_TRUE(is_valid(text)) << text;
  }
}

TEST(JsonValidator, RefusesAllElse) {
  const std::string texts[] = {"",
                               " ",
                               "nul",
                               "nulll",
                               "True",
                               "tru",
                               "NaN",
                               "Infinity",
                               "undefined",
                               "'a'",
                               "a",
                               "-",
                               "+1",
                               "01",
                               "-01",
                               "00",
                               "1.",
                               ".5",
                               "1.e5",
                               "1e",
                               "1e+",
                               "0x10",
                               "1_000",
                               "1 2",
                               "1,",
                               ",1",
                               "[",
                               "]",
                               "[1",
                               "[1,",
                               "[1,]",
                               "[,1]",
                               "[1 2]",
                               "[1}",
                               "{",
                               "}",
                               "{]",
                               "{1:2}",
                               "{\"a\"}",
                               "{\"a\":}",
                               "{\"a\":1,}",
                               "{\"a\":1 \"b\":2}",
                               "{,}",
                               "{a:1}",
                               "{\"a\" 1}",
                               "{\"a\",1}",
                               "[1]]",
                               "{}{}",
                               "[]1",
                               "\"",
                               "\"a",
                               "\"\\\"",
                               "\"\\x\"",
                               "\"\\u12\"",
                               "\"\\u12g4\"",
                               "\"\\u123",
                               "\"\\",
                               "\"a\nb\"",
                               "\"a\tb\"",
                               "\"\x1f\"",
                               "// x\n1",
                               "/**/1",
                               "1//",
                               "[1]#",
                               "\v1",
                               "\f1",
                               "\xc2\xa0"
                               "1",
                               "\xef\xbb\xbf"
                               "1",
                               "\"\xc0\x80\"",
                               "\"\xed\xa0\x80\"",
                               "\"\xf4\x90\x80\x80\"",
                               "\"\x80\"",
                               "\"\xc3\"",
                               "\"\xff\"",
                               std::string("\0", 1),
                               std::string("1\0", 2),
                               std::string("\"\0\"", 3),
                               std::string("[1]\0", 4),
                               std::string("[\0]", 3)};
  for (const std::string& text : texts) {
    EXPECT_FALSE(is_valid(text)) << ::testing::PrintToString(text);
  }
}

TEST(JsonValidator, TellsWhereAndWhy) {
  const auto problem = find_json_problem("{\"a\":1,}", 100);
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->position, 7u);
  EXPECT_STREQ(problem->what, "A key in quotes is missing.");
  EXPECT_FALSE(problem->too_deep);
  EXPECT_EQ(find_json_problem("[1, 2", 100)->position, 5u);
  EXPECT_EQ(find_json_problem("[1] x", 100)->position, 4u);
}

TEST(JsonValidator, CountsDepthExactly) {
  EXPECT_FALSE(find_json_problem("1", 0));
  EXPECT_FALSE(find_json_problem(nested(5), 5));
  EXPECT_FALSE(find_json_problem("[[],[[]],[[[[]]]]]", 5));
  const auto problem = find_json_problem(nested(6), 5);
  ASSERT_TRUE(problem);
  EXPECT_TRUE(problem->too_deep);
  EXPECT_EQ(problem->position, 5u);
  EXPECT_TRUE(find_json_problem("[]", 0)->too_deep);
}

TEST(JsonValidator, DepthNeverOverflowsItsOwnMemory) {
  const size_t most = json_validator_depth_max;
  EXPECT_FALSE(find_json_problem(nested(most), most));
  EXPECT_TRUE(find_json_problem(nested(most + 1), most)->too_deep);
  EXPECT_TRUE(find_json_problem(std::string(10'000'000, '['), most)->too_deep);
  std::string objects;
  for (size_t i = 0; i < most; ++i)
    objects += "{\"a\":";
  EXPECT_FALSE(find_json_problem(objects + "1" + std::string(most, '}'), most));
}

}  // namespace
}  // namespace durable_streams::protocol
