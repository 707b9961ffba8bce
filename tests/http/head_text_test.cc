// Names of fields, and heads of answers as values and as bytes.
#include <gtest/gtest.h>

#include "http/h1_head.h"
#include "http/request.h"
#include "http/response_head.h"
#include "testing/manual_clock.h"

namespace durable_streams::http {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

TEST(Field, EachIsFoundByItsNameInAnyCase) {
  for (size_t i = 0; i < field_count; ++i) {
    const auto field = static_cast<Field>(i);
    std::string name(field_name(field));
    EXPECT_EQ(find_field(name), field) << name;
    for (char& c : name)
      c = static_cast<char>(c >= 'a' && c <= 'z' ? c & ~0x20 : c);
    EXPECT_EQ(find_field(name), field) << name;
    name.back() ^= 1;
    EXPECT_EQ(find_field(name), std::nullopt) << name;
  }
}

TEST(Field, OthersAreUnknown) {
  for (const std::string name :
       {"", "x", "hos", "hosts", "stream_seq", "stream-seq "}) {
    EXPECT_EQ(find_field(name), std::nullopt) << name;
  }
  EXPECT_EQ(find_field(std::string(5000, 'a')), std::nullopt);
}

TEST(ResponseHead, KeepsFieldsInOrderAndDropsWhatWouldBreakAHeader) {
  ResponseHead head(200, nullptr);
  head.add("a", "1")
      .add("b", std::string_view("x\r\ny\0z", 6))
      .add("c", uint64_t{18})
      .add("d", "");
  ASSERT_EQ(head.size(), 4u);
  EXPECT_EQ(head[0].name, "a");
  EXPECT_EQ(head[1].value, "xyz");
  EXPECT_EQ(head[2].name, "c");
  EXPECT_EQ(head[2].value, "18");
  EXPECT_EQ(head[3].value, "");
}

TEST(ResponseHead, HoldsMoreThanItsInlineRoom) {
  ResponseHead head(200, nullptr);
  for (uint64_t i = 0; i < 200; ++i)
    head.add("name", i);
  for (uint64_t i = 0; i < 200; ++i)
    EXPECT_EQ(head[i].value, std::to_string(i));
}

TEST(ResponseHeadDeathTest, NamesAreOurs) {
  ResponseHead head(200, nullptr);
  EXPECT_DEATH(head.add("a\r\nb", "1"), "broken invariant");
  EXPECT_DEATH(head.add("", "1"), "broken invariant");
  EXPECT_DEATH(head.add("Upper", "1"), "broken invariant");
}

TEST(ConstantFields, AreLaidOutOnce) {
  const ConstantFields constant(Fields{{"a", "1"}, {"b", "2\r\nc: 3"}});
  EXPECT_EQ(constant.http1_text(), "a: 1\r\nb: 2c: 3\r\n");
}

TEST(H1Head, HasEverythingInItsPlace) {
  testing::ManualClock clock;
  TimerWheel timers(clock.steady_ms(), 25);
  H1HeadWriter writer(clock, timers);
  const ConstantFields constant(Fields{{"x-constant", "c"}});
  ResponseHead head(201, &constant);
  head.add("location", "/x");
  H1Framing framing;
  framing.content_length = 12;
  framing.close = true;
  EXPECT_EQ(writer.write(head, framing),
            "HTTP/1.1 201 Created\r\nlocation: /x\r\n"
            "date: Sun, 15 Jun 2025 15:06:40 GMT\r\ncontent-length: 12\r\n"
            "connection: close\r\nx-constant: c\r\n\r\n");
}

TEST(H1Head, DatesAreThoseOfTheStandard) {
  EXPECT_EQ(format_date_line(784111777), "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  EXPECT_EQ(format_date_line(0), "date: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
  EXPECT_EQ(format_date_line(951782400), "date: Tue, 29 Feb 2000 00:00:00 GMT\r\n");
}

TEST(H1Head, StatusesHaveReasons) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(507), "Insufficient Storage");
  EXPECT_EQ(reason_phrase(299), "Unknown");
  testing::ManualClock clock;
  TimerWheel timers(clock.steady_ms(), 25);
  H1HeadWriter writer(clock, timers);
  EXPECT_EQ(writer.write(ResponseHead(299, nullptr), {}).substr(0, 22),
            "HTTP/1.1 299 Unknown\r\n");
}

}  // namespace
}  // namespace durable_streams::http
