#include "durable_streams/json_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace durable_streams::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(JsonMessages, AreTheElementsByteForByte) {
  EXPECT_THAT(json_messages("[]"), Optional(IsEmpty()));
  EXPECT_THAT(json_messages(" [ ] \n"), Optional(IsEmpty()));
  EXPECT_THAT(json_messages("[1]"), Optional(ElementsAre("1")));
  EXPECT_THAT(json_messages("[ {\"a\" : [1, 2]} ,\n\"x\",[3,4] ]"),
              Optional(ElementsAre("{\"a\" : [1, 2]}", "\"x\"", "[3,4]")));
}

TEST(JsonMessages, AreNotPartedInsideStrings) {
  EXPECT_THAT(json_messages(R"(["a,b]","\"],[",{"k}":"{"}])"),
              Optional(ElementsAre(R"("a,b]")", R"("\"],[")", R"({"k}":"{"})")));
  EXPECT_THAT(json_messages(R"(["\\","x"])"),
              Optional(ElementsAre(R"("\\")", R"("x")")));
}

TEST(JsonMessages, OfWhatIsNoArrayAreNone) {
  for (const char* text : {"", "[", "]", "{}", "1", "[1", "1]", "[\"a]", "[{]", "[1,]",
                           "[,]", "[}]", "[\"\\"}) {
    EXPECT_EQ(json_messages(text), std::nullopt) << text;
  }
}

TEST(JsonContentType, IsKnownInAnyCaseAndWithParameters) {
  EXPECT_TRUE(is_json_content_type("application/json"));
  EXPECT_TRUE(is_json_content_type("Application/JSON; charset=utf-8"));
  EXPECT_FALSE(is_json_content_type("application/jsonx"));
  EXPECT_FALSE(is_json_content_type("text/plain"));
  EXPECT_FALSE(is_json_content_type(""));
}

}  // namespace
}  // namespace durable_streams::client
