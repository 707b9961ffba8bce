// Reading over the handlers: catch-up, long-poll and SSE, with time and sockets
// in the test's hands.
#include "api_fixture.h"
#include "protocol/request_headers.h"

namespace durable_streams::server {
namespace {

using http::Field;
using http::Method;

class Read : public ApiFixture {
 protected:
  std::string expires_at_;
};

TEST_F(Read, JsonMessagesComeAsOneArrayByteForByte) {
  put("a");
  post("a", R"({"n": 1})");
  post("a", R"([ {"n":2} , [3] ])");
  auto answer = get("a");
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, R"([{"n": 1},{"n":2},[3]])");
  EXPECT_EQ(answer->header("stream-up-to-date"), "true");
}

TEST_F(Read, GoesOnFromTheOffsetThatItGave) {
  put("a");
  post("a", "1");
  auto first = get("a");
  post("a", "2");
  auto second = get("a?offset=" + first->header("stream-next-offset"));
  EXPECT_EQ(second->body, "[2]");
}

TEST_F(Read, AnOffsetOfAnEarlierStreamOfThatNameIsGone) {
  put("a");
  post("a", "1");
  const std::string offset = get("a")->header("stream-next-offset");
  remove("a");
  put("a");
  post("a", "2");
  EXPECT_EQ(get("a?offset=" + offset)->status, 410);
}

TEST_F(Read, AnOffsetInsideAMessageOrBeyondTheTailIsRefused) {
  put("a");
  post("a", R"("twelve")");
  std::string offset = get("a")->header("stream-next-offset");
  offset.back() = '2';
  EXPECT_EQ(get("a?offset=" + offset)->status, 400);
  offset.replace(offset.size() - 3, 3, "999");
  EXPECT_EQ(get("a?offset=" + offset)->status, 400);
}

TEST_F(Read, TheEtagAnswers304WithTheStreamsHeadersAndChangesOnClose) {
  put("a");
  post("a", "1");
  const std::string etag = get("a")->header("etag");
  auto conditional = exchange(Method::get, url("a"));
  conditional->with(Field::if_none_match, "\"other\", W/" + etag);
  begin(*conditional);
  EXPECT_EQ(conditional->status, 304);
  EXPECT_EQ(conditional->body, "");
  EXPECT_TRUE(conditional->has("stream-next-offset"));
  EXPECT_TRUE(conditional->has("stream-up-to-date"));

  close("a");
  auto after = exchange(Method::get, url("a"));
  after->with(Field::if_none_match, etag);
  begin(*after);
  EXPECT_EQ(after->status, 200);
  EXPECT_EQ(after->header("stream-closed"), "true");
}

TEST_F(Read, WhatIsAtTheTailIsNotKeptByCachesAndDataIs) {
  put("a");
  EXPECT_EQ(get("a")->header("cache-control"), "no-store");
  EXPECT_EQ(get("a?offset=now")->header("cache-control"), "no-store");
  EXPECT_FALSE(get("a?offset=now")->has("etag"));
  post("a", "1");
  EXPECT_EQ(get("a")->header("cache-control"),
            "public, max-age=60, stale-while-revalidate=300");
}

TEST_F(Read, AnExpiredStreamIsNotFoundAndStaysSo) {
  auto request = exchange(Method::put, url("a"));
  request->with(Field::stream_ttl, "10");
  begin(*request);
  pass_ms(9'000);
  EXPECT_EQ(get("a")->status, 200);  // Renews.
  pass_ms(9'000);
  EXPECT_EQ(head("a")->status, 200);  // Does not.
  pass_ms(2'000);
  EXPECT_EQ(head("a")->status, 404);
  EXPECT_EQ(get("a")->status, 404);
  EXPECT_EQ(post("a", "x", "application/octet-stream")->status, 404);
}

TEST_F(Read, AWallClockThatRunsAheadForAWhileLosesNothing) {
  const auto create = [&] {
    auto request = exchange(Method::put, url("a"));
    request->with(Field::content_type, "application/json");
    request->with(Field::stream_expires_at, expires_at_);
    begin(*request);
    return request->status;
  };
  expires_at_ = protocol::format_expires_at(clock_.wall_ms() + 60'000);
  EXPECT_EQ(create(), 201);
  post("a", "1");
  const int64_t year_ms = 365ll * 24 * 3600 * 1000;
  clock_.step_wall(year_ms);
  EXPECT_EQ(get("a")->status, 404);
  EXPECT_EQ(head("a")->status, 404);
  EXPECT_EQ(post("a", "2")->status, 404);
  EXPECT_EQ(create(), 200) << "it is there as asked, and over as asked";
  clock_.step_wall(-year_ms);
  EXPECT_EQ(get("a")->body, "[1]");
}

TEST_F(Read, ALiveReadEndsWhenItsStreamPassesItsExpiresAt) {
  auto request = exchange(Method::put, url("a"));
  request->with(Field::stream_expires_at,
                protocol::format_expires_at(clock_.wall_ms() + 10'000));
  begin(*request);
  auto poll = get("a?offset=-1&live=long-poll");
  EXPECT_EQ(poll->status, 0);
  pass_ms(10'000);
  storage::SweepPlace place;
  std::vector<storage::StreamHandle> ended;
  while (!engine_->sweep(place, 1000, ended)) {
  }
  settle();
  EXPECT_EQ(poll->status, 404);
  EXPECT_TRUE(ended.empty());
}

TEST_F(Read, TellsWhereAStreamEndedAMomentAgo) {
  put("a");
  post("a", "1");
  const std::string before = get("a")->header("stream-next-offset");
  pass_ms(100);
  post("a", "2");
  pass_ms(100);
  EXPECT_EQ(head("a?tail-age-ms=50")->header("stream-tail-then"),
            head("a")->header("stream-next-offset"));
  EXPECT_EQ(head("a?tail-age-ms=150")->header("stream-tail-then"), before);
  EXPECT_EQ(head("a?tail-age-ms=100")->header("stream-tail-then"), before);
}

TEST_F(Read, DoesNotTellWhereAStreamEndedBeforeTheServerBegan) {
  pass_ms(1000);
  put("a");
  EXPECT_TRUE(head("a?tail-age-ms=1000")->has("stream-tail-then"));
  EXPECT_FALSE(head("a?tail-age-ms=1001")->has("stream-tail-then"));
  EXPECT_FALSE(head("a?tail-age-ms=86400001")->has("stream-tail-then"));
  EXPECT_FALSE(head("a?tail-age-ms=-1")->has("stream-tail-then"));
  EXPECT_FALSE(head("a?tail-age-ms=")->has("stream-tail-then"));
  EXPECT_FALSE(head("a")->has("stream-tail-then"));
}

class LongPoll : public ApiFixture {};

TEST_F(LongPoll, AnswersAtOnceIfThereIsData) {
  put("a");
  post("a", "1");
  auto answer = get("a?offset=-1&live=long-poll");
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "[1]");
  EXPECT_TRUE(answer->has("stream-cursor"));
}

TEST_F(LongPoll, WaitsForDataThenAnswers) {
  put("a");
  auto waiting = get("a?offset=-1&live=long-poll");
  EXPECT_TRUE(waiting->parked);
  EXPECT_FALSE(waiting->answered);
  post("a", "1");
  EXPECT_TRUE(waiting->answered);
  EXPECT_EQ(waiting->body, "[1]");
  EXPECT_EQ(context_.tails.streams_watched(), 0u);
}

TEST_F(LongPoll, EndsAfterItsTimeWithTheTail) {
  put("a");
  auto waiting = get("a?offset=now&live=long-poll");
  pass_ms(30'100);
  EXPECT_EQ(waiting->status, 204);
  EXPECT_EQ(waiting->header("stream-up-to-date"), "true");
  EXPECT_EQ(waiting->header("stream-next-offset"),
            head("a")->header("stream-next-offset"));
  EXPECT_TRUE(waiting->has("stream-cursor"));
}

TEST_F(LongPoll, LearnsOfClosureAndOfDeletion) {
  put("closing");
  auto closing = get("closing?offset=-1&live=long-poll");
  close("closing");
  EXPECT_EQ(closing->status, 204);
  EXPECT_EQ(closing->header("stream-closed"), "true");

  put("going");
  auto going = get("going?offset=-1&live=long-poll");
  remove("going");
  EXPECT_EQ(going->status, 404);
}

TEST_F(LongPoll, KeepsItsStreamFromExpiring) {
  auto request = exchange(Method::put, url("a"));
  request->with(Field::stream_ttl, "5");
  begin(*request);
  auto waiting = get("a?offset=-1&live=long-poll");
  for (int second = 0; second < 20; ++second)
    pass_ms(1'000);
  EXPECT_FALSE(waiting->answered);
  EXPECT_EQ(head("a")->status, 200);
  waiting->client_leaves();
  EXPECT_TRUE(waiting->answered);
}

class Sse : public ApiFixture {
 protected:
  // The events written since the last call.
  static std::string news(Exchange& reader) { return std::exchange(reader.body, {}); }
};

TEST_F(Sse, BeginsWithWhereTheReaderIsThenFollows) {
  put("a");
  auto reader = get("a?offset=-1&live=sse");
  EXPECT_EQ(reader->header("content-type"), "text/event-stream");
  std::string events = news(*reader);
  EXPECT_EQ(events.find("event: data"), std::string::npos) << events;
  EXPECT_NE(events.find(R"("upToDate":true)"), std::string::npos) << events;

  post("a", R"({"k":1})");
  events = news(*reader);
  EXPECT_NE(events.find("event: data"), std::string::npos) << events;
  EXPECT_NE(events.find(R"({"k":1})"), std::string::npos) << events;
  EXPECT_NE(events.find("event: control"), std::string::npos) << events;
  reader->client_leaves();
}

TEST_F(Sse, ReadersAtOnePlaceShareOneFrame) {
  put("a");
  auto one = get("a?offset=-1&live=sse");
  auto other = get("a?offset=-1&live=sse");
  post("a", "1");
  ASSERT_EQ(one->frames().size(), 2u);
  ASSERT_EQ(other->frames().size(), 2u);
  EXPECT_EQ(one->frames()[1].view().data(), other->frames()[1].view().data());
  one->client_leaves();
  other->client_leaves();
  EXPECT_EQ(context_.tails.streams_watched(), 0u);
}

TEST_F(Sse, ASlowReaderCoalescesAndMissesNothing) {
  put("a");
  auto reader = get("a?offset=-1&live=sse");
  reader->block();
  for (int i = 0; i < 5; ++i)
    post("a", std::to_string(i));
  EXPECT_EQ(reader->frames().size(), 1u);
  reader->unblock();
  ASSERT_EQ(reader->frames().size(), 2u);
  const std::string_view frame = reader->frames()[1].view();
  for (int i = 0; i < 5; ++i) {
    EXPECT_NE(frame.find(std::to_string(i)), std::string_view::npos) << frame;
  }
  reader->client_leaves();
}

TEST_F(Sse, EndsWithStreamClosedAndWithoutItOnDeletion) {
  put("closing");
  auto closing = get("closing?offset=-1&live=sse");
  close("closing");
  EXPECT_TRUE(closing->answered);
  EXPECT_NE(closing->body.find(R"("streamClosed":true)"), std::string::npos);

  put("going");
  auto going = get("going?offset=-1&live=sse");
  remove("going");
  EXPECT_TRUE(going->answered);
  EXPECT_EQ(going->body.find("streamClosed"), std::string::npos);
}

TEST_F(Sse, QuietStreamsSendCommentsAndEndAfterAboutAMinute) {
  put("a");
  auto reader = get("a?offset=-1&live=sse");
  news(*reader);
  pass_ms(15'100);
  EXPECT_EQ(news(*reader), ":\n\n");
  for (int second = 0; second < 55; ++second)
    pass_ms(1'000);
  EXPECT_TRUE(reader->answered);
}

TEST_F(Sse, APositionThatCannotBeReadIsRefusedBeforeTheAnswerBegins) {
  put("a");
  auto reader = get("a?offset=0000000000000099_0000000000000005&live=sse");
  EXPECT_EQ(reader->status, 410);
  EXPECT_FALSE(reader->live);
  EXPECT_EQ(context_.tails.streams_watched(), 0u);
}

TEST_F(Sse, ItsCursorStandsAboveTheClients) {
  put("a");
  auto reader = get("a?offset=-1&live=sse&cursor=99999999999");
  const std::string name = R"("streamCursor":")";
  const size_t at = reader->body.find(name);
  ASSERT_NE(at, std::string::npos) << reader->body;
  EXPECT_GT(std::stoull(reader->body.substr(at + name.size())), 99'999'999'999ull);
  reader->client_leaves();
}

}  // namespace
}  // namespace durable_streams::server
