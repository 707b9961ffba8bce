#include "protocol/read_request.h"

#include <gtest/gtest.h>

namespace durable_streams::protocol {
namespace {

ReadRequest request_of(std::string_view query) {
  const auto parsed = parse_read_request(query, "");
  if (const auto* bad = std::get_if<BadRequest>(&parsed)) {
    ADD_FAILURE() << query << ": " << bad->reason;
    return {};
  }
  return std::get<ReadRequest>(parsed);
}

std::string refusal_of(std::string_view query) {
  const auto parsed = parse_read_request(query, "");
  const auto* bad = std::get_if<BadRequest>(&parsed);
  return bad == nullptr ? "accepted" : bad->code;
}

TEST(ReadRequest, IsACatchUpFromTheStartByDefault) {
  const ReadRequest request = request_of("");
  EXPECT_EQ(request.mode, ReadMode::catch_up);
  EXPECT_TRUE(std::holds_alternative<FromStart>(request.start));
  EXPECT_EQ(request.cursor, "");
}

TEST(ReadRequest, NamesModeStartAndCursor) {
  const ReadRequest poll =
      request_of("cursor=1000&live=long-poll&offset=0000000000000001_0000000000000002");
  EXPECT_EQ(poll.mode, ReadMode::long_poll);
  EXPECT_EQ(std::get<Offset>(poll.start), (Offset{1, 2}));
  EXPECT_EQ(poll.cursor, "1000");
  const ReadRequest sse = request_of("offset=now&live=sse");
  EXPECT_EQ(sse.mode, ReadMode::sse);
  EXPECT_TRUE(std::holds_alternative<FromNow>(sse.start));
}

TEST(ReadRequest, KeepsIfNoneMatch) {
  const auto parsed = parse_read_request("offset=-1", "\"1:2:3\"");
  EXPECT_EQ(std::get<ReadRequest>(parsed).if_none_match, "\"1:2:3\"");
  EXPECT_EQ(std::get<ReadRequest>(parse_read_request("", "\"x\"")).if_none_match,
            "\"x\"");
}

TEST(ReadRequest, IgnoresOtherParameters) {
  EXPECT_EQ(request_of("token=abc&offset=-1&utm=x&utm=y").mode, ReadMode::catch_up);
}

TEST(ReadRequest, RefusesMalformedOffsets) {
  for (const char* query :
       {"offset=", "offset", "offset=0,1", "offset=0%201", "offset=0+1", "offset=../x",
        "offset=-2", "offset=x%00", "offset=-1%0A", "offset=1&live=sse"}) {
    EXPECT_EQ(refusal_of(query), "invalid_offset") << query;
  }
}

TEST(ReadRequest, RefusesRepeatedParameters) {
  EXPECT_EQ(refusal_of("offset=a&offset=b"), "repeated_parameter");
  EXPECT_EQ(refusal_of("offset=-1&offset=-1"), "repeated_parameter");
  EXPECT_EQ(refusal_of("offset=-1&live=sse&live=sse"), "repeated_parameter");
  EXPECT_EQ(refusal_of("offset=-1&cursor=1&cursor=2"), "repeated_parameter");
}

TEST(ReadRequest, RefusesUnknownLiveModes) {
  for (const char* query : {"offset=-1&live=", "offset=-1&live=true",
                            "offset=-1&live=SSE", "offset=-1&live=longpoll"}) {
    EXPECT_EQ(refusal_of(query), "invalid_live") << query;
  }
}

TEST(ReadRequest, LiveModesMustNameAnOffset) {
  EXPECT_EQ(refusal_of("live=sse"), "missing_offset");
  EXPECT_EQ(refusal_of("live=long-poll&cursor=5"), "missing_offset");
}

}  // namespace
}  // namespace durable_streams::protocol
