#include "protocol/request_headers.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace durable_streams::protocol {
namespace {

// The parsed value, or the code of the refusal.
template <class T>
std::string shown(const Parsed<T>& parsed) {
  if (const auto* bad = std::get_if<BadRequest>(&parsed)) return bad->code;
  return std::to_string(std::get<T>(parsed));
}

TEST(StreamClosed, IsTrueInAnyCaseAndNothingElse) {  // §4.1
  for (const char* value : {"true", "True", "TRUE", "tRuE"}) {
    EXPECT_TRUE(is_stream_closed(value)) << value;
  }
  for (const char* value : {"", "false", "yes", "1", "truee", "tru", " true"}) {
    EXPECT_FALSE(is_stream_closed(value)) << value;
  }
}

TEST(Ttl, IsAPlainDecimal) {  // §5.1
  EXPECT_EQ(shown(parse_ttl("0")), "0");
  EXPECT_EQ(shown(parse_ttl("3600")), "3600");
  for (const char* value :
       {"", "-1", "+3600", "03600", "00", "3600.0", "3.6e3", "1e3", "abc", "3600s",
        " 3600", "3600 ", "0x10", "99999999999999999999999"}) {
    EXPECT_EQ(shown(parse_ttl(value)), "invalid_ttl") << value;
  }
}

TEST(Ttl, IsAtMostACentury) {
  EXPECT_EQ(shown(parse_ttl(std::to_string(limits::ttl_seconds_max))),
            std::to_string(limits::ttl_seconds_max));
  EXPECT_EQ(shown(parse_ttl(std::to_string(limits::ttl_seconds_max + 1))),
            "invalid_ttl");
}

TEST(ExpiresAt, ReadsRfc3339) {
  const std::pair<const char*, int64_t> cases[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2025-06-15T12:34:56Z", 1'749'990'896'000},
      {"2025-06-15t12:34:56z", 1'749'990'896'000},
      {"2025-06-15T12:34:56.789Z", 1'749'990'896'789},
      {"2025-06-15T12:34:56.7Z", 1'749'990'896'700},
      {"2025-06-15T12:34:56.789999999Z", 1'749'990'896'789},
      {"2025-06-15T12:34:56+00:00", 1'749'990'896'000},
      {"2025-06-15T14:34:56+02:00", 1'749'990'896'000},
      {"2025-06-15T07:04:56-05:30", 1'749'990'896'000},
      {"2024-02-29T00:00:00Z", 1'709'164'800'000},
      {"2000-02-29T00:00:00Z", 951'782'400'000},
      {"2016-12-31T23:59:60Z", 1'483'228'800'000},
      {"1969-12-31T23:59:59.999Z", -1},
      {"9999-12-31T23:59:59Z", 253'402'300'799'000},
  };
  for (const auto& [text, wall_ms] : cases) {
    EXPECT_EQ(shown(parse_expires_at(text)), std::to_string(wall_ms)) << text;
  }
}

TEST(ExpiresAt, RefusesAllElse) {
  for (const char* text : {"",
                           "not-a-timestamp",
                           "2025-06-15",
                           "2025-06-15T12:34:56",
                           "2025-06-15T12:34Z",
                           "2025-06-15 12:34:56Z",
                           "2025-13-15T12:34:56Z",
                           "2025-00-15T12:34:56Z",
                           "2025-06-31T12:34:56Z",
                           "2025-02-29T12:34:56Z",
                           "1900-02-29T12:34:56Z",
                           "2025-06-00T12:34:56Z",
                           "2025-06-15T24:00:00Z",
                           "2025-06-15T12:60:00Z",
                           "2025-06-15T12:34:61Z",
                           "2025-06-15T12:34:56.Z",
                           "2025-06-15T12:34:56,5Z",
                           "2025-06-15T12:34:56+0200",
                           "2025-06-15T12:34:56+02",
                           "2025-06-15T12:34:56+24:00",
                           "2025-06-15T12:34:56+02:60",
                           "2025-06-15T12:34:56ZZ",
                           "2025-06-15T12:34:56Z ",
                           " 2025-06-15T12:34:56Z",
                           "25-06-15T12:34:56Z",
                           "+025-06-15T12:34:56Z",
                           "2025-6-15T12:34:56Z",
                           "20250615T123456Z",
                           "1750000000"}) {
    EXPECT_EQ(shown(parse_expires_at(text)), "invalid_expires_at") << text;
  }
}

TEST(ExpiresAt, IsShownInUtcWithMilliseconds) {
  EXPECT_EQ(format_expires_at(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_expires_at(1'749'990'896'789), "2025-06-15T12:34:56.789Z");
  EXPECT_EQ(format_expires_at(-1), "1969-12-31T23:59:59.999Z");
  for (const int64_t wall_ms :
       {int64_t{951'782'400'000}, int64_t{253'402'300'799'999}}) {
    EXPECT_EQ(std::get<int64_t>(parse_expires_at(format_expires_at(wall_ms))), wall_ms);
  }
}

std::string producer(std::optional<std::string_view> id,
                     std::optional<std::string_view> epoch,
                     std::optional<std::string_view> seq) {
  const auto parsed = parse_producer(id, epoch, seq);
  if (const auto* bad = std::get_if<BadRequest>(&parsed)) return bad->code;
  const auto& tuple = std::get<std::optional<ProducerTuple>>(parsed);
  if (!tuple) return "none";
  return tuple->id + " " + std::to_string(tuple->epoch) + " " +
         std::to_string(tuple->seq);
}

TEST(Producer, IsAllThreeHeadersOrNone) {  // §5.2.1
  const std::optional<std::string_view> absent;
  EXPECT_EQ(producer(absent, absent, absent), "none");
  EXPECT_EQ(producer("p", "1", "2"), "p 1 2");
  EXPECT_EQ(producer("p", absent, absent), "incomplete_producer");
  EXPECT_EQ(producer(absent, "1", absent), "incomplete_producer");
  EXPECT_EQ(producer(absent, absent, "2"), "incomplete_producer");
  EXPECT_EQ(producer("p", "1", absent), "incomplete_producer");
  EXPECT_EQ(producer("p", absent, "2"), "incomplete_producer");
  EXPECT_EQ(producer(absent, "1", "2"), "incomplete_producer");
  EXPECT_EQ(producer("", absent, absent), "incomplete_producer");
}

TEST(Producer, IdHasBounds) {
  const std::string longest(limits::producer_id_bytes_max, 'p');
  EXPECT_EQ(producer(longest, "0", "0"), longest + " 0 0");
  EXPECT_EQ(producer(longest + "p", "0", "0"), "invalid_producer_id");
  EXPECT_EQ(producer("", "0", "0"), "invalid_producer_id");
  EXPECT_EQ(producer("gid://app/Room/1", "0", "0"), "gid://app/Room/1 0 0");
}

TEST(Producer, NumbersAreDecimalsThatJavaScriptHoldsExactly) {
  EXPECT_EQ(producer("p", "9007199254740991", "9007199254740991"),
            "p 9007199254740991 9007199254740991");
  for (const char* text : {"", "1abc", "0xyz", "1e3", "-1", "+1", " 1", "1 ", "1.0",
                           "0x10", "9007199254740992", "18446744073709551616"}) {
    EXPECT_EQ(producer("p", text, "0"), "invalid_producer_epoch") << text;
    EXPECT_EQ(producer("p", "0", text), "invalid_producer_seq") << text;
  }
}

TEST(StreamPath, IsDecodedOnceAndNotNormalised) {
  EXPECT_EQ(decode_stream_path("gid://app/Room/1/messages"),
            "gid://app/Room/1/messages");
  EXPECT_EQ(decode_stream_path("gid%3A%2F%2Fapp%2fRoom%2F1"), "gid://app/Room/1");
  EXPECT_EQ(decode_stream_path("a/../b"), "a/../b");
  EXPECT_EQ(decode_stream_path("a/./b/"), "a/./b/");
  EXPECT_EQ(decode_stream_path("a%252Fb"), "a%2Fb");
  EXPECT_EQ(decode_stream_path("a+b"), "a+b");
  EXPECT_EQ(decode_stream_path("%C3%A9"), "\xc3\xa9");
  EXPECT_EQ(decode_stream_path("a%3fb%23c"), "a?b#c");
}

TEST(StreamPath, RefusesBrokenEscapesAndBadLengths) {
  for (const char* raw : {"", "%", "a%", "a%4", "a%4g", "a%g4", "%%41"}) {
    EXPECT_EQ(decode_stream_path(raw), std::nullopt) << raw;
  }
  const std::string longest(limits::stream_path_bytes_max, 'a');
  EXPECT_EQ(decode_stream_path(longest), longest);
  EXPECT_EQ(decode_stream_path(longest + "a"), std::nullopt);
  std::string escaped;
  for (size_t i = 0; i < limits::stream_path_bytes_max; ++i)
    escaped += "%61";
  EXPECT_EQ(decode_stream_path(escaped), longest);
  EXPECT_EQ(decode_stream_path(escaped + "a"), std::nullopt);
}

TEST(QueryParameter, IsFoundDecodedAndCounted) {
  const auto value = [](std::string_view query) {
    const QueryValue found = query_parameter(query, "offset");
    return std::to_string(found.count) + ":" + found.value;
  };
  EXPECT_EQ(value(""), "0:");
  EXPECT_EQ(value("live=sse"), "0:");
  EXPECT_EQ(value("offset=-1"), "1:-1");
  EXPECT_EQ(value("live=sse&offset=now&cursor=5"), "1:now");
  EXPECT_EQ(value("offset="), "1:");
  EXPECT_EQ(value("offset"), "1:");
  EXPECT_EQ(value("offset=a&offset=b"), "2:a");
  EXPECT_EQ(value("xoffset=1&offsetx=2&OFFSET=3"), "0:");
  EXPECT_EQ(value("&&offset=a=b&"), "1:a=b");
  EXPECT_EQ(value("offset=a+b%20c%2C"), "1:a b c,");
  EXPECT_EQ(value("%6fffset=1"), "1:1");
  EXPECT_EQ(value("offset=%zz%4"), "1:%zz%4") << "a broken escape stays as it is";
  EXPECT_EQ(value("offset=%00"), std::string("1:") + '\0');
}

}  // namespace
}  // namespace durable_streams::protocol
