#include "durable_streams/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "durable_streams/follower.h"
#include "scripted_server.h"

namespace durable_streams::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* next_one = "Stream-Next-Offset: 1_1\r\n";

Options quick_options() {
  Options options;
  options.retry_delay_ms = 1;
  return options;
}

Stream open(const std::string& url, Options options = quick_options()) {
  auto stream = Stream::open(url, std::move(options));
  EXPECT_TRUE(stream);
  return std::move(*stream);
}

TEST(Create, SendsTheConfigurationAndTheFirstBytes) {
  ScriptedServer server({answer(201, next_one)});
  Stream stream = open(server.url());
  CreateOptions options;
  options.content_type = "text/plain";
  options.ttl_seconds = 60;
  options.closed = true;
  const auto created = stream.create(options, "hello");
  ASSERT_TRUE(created);
  EXPECT_TRUE(created->is_new);
  EXPECT_EQ(created->next_offset, "1_1");
  EXPECT_THAT(
      server.requests().at(0),
      AllOf(StartsWith("PUT /v1/streams/s HTTP/1.1\r\n"),
            HasSubstr("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"),
            HasSubstr("Content-Type: text/plain\r\n"), HasSubstr("Stream-TTL: 60\r\n"),
            HasSubstr("Stream-Closed: true\r\n"), HasSubstr("\r\n\r\nhello")));
}

TEST(Create, TellsThatTheStreamWasThere) {
  ScriptedServer server({answer(200, next_one)});
  const auto created = open(server.url()).create({});
  ASSERT_TRUE(created);
  EXPECT_FALSE(created->is_new);
}

TEST(Append, SendsBytesAndProducerAndReturnsTheEnd) {
  ScriptedServer server({answer(200, next_one)});
  Stream stream = open(server.url());
  AppendOptions options;
  options.content_type = "application/json";
  options.producer = Producer{"p", 2, 7};
  options.stream_seq = "0009";
  options.close = true;
  const auto appended = stream.append("{}", options);
  ASSERT_TRUE(appended);
  EXPECT_FALSE(appended->is_duplicate);
  EXPECT_EQ(appended->next_offset, "1_1");
  EXPECT_THAT(
      server.requests().at(0),
      AllOf(StartsWith("POST "), HasSubstr("Producer-Id: p\r\n"),
            HasSubstr("Producer-Epoch: 2\r\n"), HasSubstr("Producer-Seq: 7\r\n"),
            HasSubstr("Stream-Seq: 0009\r\n"), HasSubstr("Stream-Closed: true\r\n"),
            HasSubstr("Content-Length: 2\r\n"), HasSubstr("\r\n\r\n{}")));
}

TEST(Append, KnowsADuplicateByItsStatus) {
  ScriptedServer server({empty_answer(204, next_one)});
  AppendOptions options;
  options.producer = Producer{"p", 0, 0};
  const auto appended = open(server.url()).append("x", options);
  ASSERT_TRUE(appended);
  EXPECT_TRUE(appended->is_duplicate);
}

TEST(Append, IsNotRepeatedWithoutAProducerAndSaysThatNobodyKnows) {
  ScriptedServer server({hang_up(), empty_answer(204, next_one)});
  const auto appended = open(server.url()).append("x", {});
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::connection_lost);
  EXPECT_TRUE(appended.error().outcome_unknown);
  EXPECT_THAT(server.requests(), SizeIs(1));
}

TEST(Append, IsRepeatedWithAProducer) {
  ScriptedServer server({hang_up(), answer(503), empty_answer(204, next_one)});
  AppendOptions options;
  options.producer = Producer{"p", 0, 0};
  const auto appended = open(server.url()).append("x", options);
  ASSERT_TRUE(appended);
  const auto requests = server.requests();
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_EQ(requests[0], requests[2]);
}

TEST(Append, StaysUnknownIfAnEarlierTryWasLost) {
  ScriptedServer server({hang_up(), answer(503), answer(503)});
  AppendOptions options;
  options.producer = Producer{"p", 0, 0};
  const auto appended = open(server.url()).append("x", options);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::unavailable);
  EXPECT_TRUE(appended.error().outcome_unknown);
}

TEST(Append, SendsNoHeaderThatAnArgumentSmugglesIn) {
  ScriptedServer server({});
  AppendOptions options;
  options.content_type = "text/plain\r\nX-Evil: 1";
  const auto appended = open(server.url()).append("x", options);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(server.requests(), SizeIs(0));
}

TEST(Append, HearsTheAnswerOfAServerThatDoesNotTakeAllBytes) {
  ScriptedServer server({answer(413, "Connection: close\r\n")});
  const auto appended = open(server.url()).append(std::string(100, 'x'), {});
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::too_large);
}

TEST(Close, IsRepeatedBecauseItMayBe) {
  ScriptedServer server({hang_up(), empty_answer(204,
                                                 "Stream-Next-Offset: 1_1\r\n"
                                                 "Stream-Closed: true\r\n")});
  const auto closed = open(server.url()).close();
  ASSERT_TRUE(closed);
  EXPECT_TRUE(closed->closed);
  EXPECT_THAT(server.requests().at(1),
              AllOf(StartsWith("POST "), HasSubstr("Stream-Closed: true\r\n"),
                    HasSubstr("Content-Length: 0\r\n")));
}

TEST(Remove, IsNotRepeated) {
  ScriptedServer server({hang_up(), empty_answer(204)});
  const auto removed = open(server.url()).remove();
  ASSERT_FALSE(removed);
  EXPECT_TRUE(removed.error().outcome_unknown);
  EXPECT_THAT(server.requests(), SizeIs(1));
}

TEST(Read, ReturnsAPage) {
  ScriptedServer server(
      {answer(200,
              "Content-Type: application/json\r\nStream-Next-Offset: 1_9\r\n"
              "Stream-Up-To-Date: true\r\nStream-Closed: TRUE\r\n",
              "[1]")});
  const auto page = open(server.url()).read({"1_1 &"});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->body, "[1]");
  EXPECT_EQ(page->content_type, "application/json");
  EXPECT_EQ(page->next_offset, "1_9");
  EXPECT_TRUE(page->up_to_date);
  EXPECT_TRUE(page->closed);
  EXPECT_THAT(server.requests().at(0),
              StartsWith("GET /v1/streams/s?offset=1_1%20%26 HTTP/1.1\r\n"));
}

TEST(Read, UnderstandsChunkedAnswers) {
  ScriptedServer server(
      {{"HTTP/1.1 200 OK\r\nStream-Next-Offset: 1_9\r\n"
        "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"}});
  const auto page = open(server.url()).read({});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->body, "abc");
}

TEST(Read, IsRepeatedAfterALostConnectionAndGivesUpInTheEnd) {
  ScriptedServer server({hang_up(), hang_up(), hang_up(), hang_up()});
  const auto page = open(server.url()).read({});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::connection_lost);
  EXPECT_FALSE(page.error().outcome_unknown);
  EXPECT_THAT(server.requests(), SizeIs(3));
}

TEST(Read, ThatEndsInTheMiddleIsNotHalfAPage) {
  ScriptedServer server({{"HTTP/1.1 200 OK\r\nStream-Next-Offset: 1_9\r\n"
                          "Content-Length: 9\r\n\r\nabc",
                          true},
                         answer(200, next_one, "abc")});
  const auto page = open(server.url()).read({});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->body, "abc");
  EXPECT_THAT(server.requests(), SizeIs(2));
}

TEST(Read, EndsAtTheDeadline) {
  ScriptedServer server({silence()});
  Options options = quick_options();
  options.deadline_ms = 50;
  const auto page = open(server.url(), options).read({});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::timed_out);
}

TEST(Read, DoesNotWaitLongerForARetryThanTheDeadlineAllows) {
  ScriptedServer server({answer(503, "Retry-After: 3600\r\n"), answer(200, next_one)});
  const auto page = open(server.url()).read({});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::unavailable);
}

TEST(Read, OfAStrangersAnswerIsAnError) {
  ScriptedServer not_http({{"hello\r\n\r\n", true}});
  const auto page = open(not_http.url()).read({});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::malformed_answer);

  ScriptedServer not_streams({answer(200, "", "<html>")});
  const auto other = open(not_streams.url()).read({});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::malformed_answer);
}

TEST(Head, ReturnsMetadata) {
  ScriptedServer server(
      {empty_answer(200,
                    "Content-Type: text/plain\r\nContent-Length: 77\r\n"
                    "Stream-Next-Offset: 1_9\r\nStream-TTL: 60\r\n"
                    "Stream-Closed: true\r\n")});
  const auto metadata = open(server.url()).head();
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->content_type, "text/plain");
  EXPECT_EQ(metadata->next_offset, "1_9");
  EXPECT_EQ(metadata->ttl_seconds, "60");
  EXPECT_TRUE(metadata->closed);
}

TEST(Token, GoesAlongAsABearer) {
  ScriptedServer server({answer(200, next_one), answer(200, next_one)});
  Options options = quick_options();
  options.token = "abc";
  EXPECT_TRUE(open(server.url(), options).read({}));
  EXPECT_TRUE(open(server.url() + "?token=def").read({}));
  EXPECT_THAT(server.requests().at(0), HasSubstr("Authorization: Bearer abc\r\n"));
  EXPECT_THAT(server.requests().at(1), AllOf(HasSubstr("Authorization: Bearer def\r\n"),
                                             Not(HasSubstr("token="))));
}

TEST(Token, IsNotCarriedToWhereARedirectPoints) {
  ScriptedServer other({answer(200, next_one)});
  ScriptedServer server({answer(307, "Location: " + other.url() + "\r\n")});
  Options options = quick_options();
  options.token = "abc";
  const auto page = open(server.url(), options).read({});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::redirected);
  EXPECT_EQ(other.connections(), 0);
}

TEST(Token, HoldsNoLineBreak) {
  Options options;
  options.token = "a\r\nX-Evil: 1";
  EXPECT_FALSE(Stream::open("http://127.0.0.1/a", options));
}

TEST(Connection, IsKeptFromCallToCall) {
  ScriptedServer server(
      {answer(200, next_one), answer(200, next_one), empty_answer(204)});
  Stream stream = open(server.url());
  EXPECT_TRUE(stream.read({}));
  EXPECT_TRUE(stream.append("x", {}).has_value());
  EXPECT_TRUE(stream.remove());
  EXPECT_EQ(server.connections(), 1);
}

TEST(Connection, ThatTheServerEndedIsOpenedAgainBeforeAnAppend) {
  Reply last = answer(200, next_one);
  last.close_after = true;
  ScriptedServer server({last, empty_answer(204, next_one)});
  Stream stream = open(server.url());
  EXPECT_TRUE(stream.read({}));
  server.wait_until_ended(1);
  EXPECT_TRUE(stream.append("x", {}));
  EXPECT_EQ(server.connections(), 2);
}

TEST(Connection, ToNobodyIsUnreachable) {
  uint16_t port;
  {
    ScriptedServer gone({});
    port = gone.port();
  }
  Stream stream = open("http://127.0.0.1:" + std::to_string(port) + "/a");
  const auto appended = stream.append("x", {});
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::unreachable);
  EXPECT_FALSE(appended.error().outcome_unknown);
}

struct Refusal {
  int status;
  const char* fields;
  ErrorCode code;
};

class RefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusalTest, HasACodeOfItsOwn) {
  ScriptedServer server({answer(GetParam().status, GetParam().fields,
                                R"({"error":{"code":"x","message":"It was said."}})")});
  Options options = quick_options();
  options.attempts_max = 1;
  const auto appended = open(server.url(), options).append("x", {});
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, GetParam().code);
  EXPECT_EQ(appended.error().status, GetParam().status);
  EXPECT_THAT(appended.error().message, HasSubstr("It was said."));
  EXPECT_FALSE(appended.error().outcome_unknown);
}

INSTANTIATE_TEST_SUITE_P(
    Status, RefusalTest,
    ::testing::Values(
        Refusal{301, "Location: http://x/\r\n", ErrorCode::redirected},
        Refusal{400, "", ErrorCode::invalid_request},
        Refusal{401, "", ErrorCode::unauthorized},
        Refusal{403, "", ErrorCode::forbidden},
        Refusal{403, "Producer-Epoch: 5\r\n", ErrorCode::stale_epoch},
        Refusal{404, "", ErrorCode::not_found}, Refusal{409, "", ErrorCode::conflict},
        Refusal{409, "Stream-Closed: true\r\n", ErrorCode::closed},
        Refusal{409, "Producer-Expected-Seq: 3\r\n", ErrorCode::sequence_gap},
        Refusal{410, "", ErrorCode::gone}, Refusal{413, "", ErrorCode::too_large},
        Refusal{429, "", ErrorCode::rate_limited},
        Refusal{500, "", ErrorCode::server_error},
        Refusal{503, "", ErrorCode::unavailable},
        Refusal{507, "", ErrorCode::unavailable}));

TEST(Refusal, CarriesWhatAProducerNeedsToGoOn) {
  ScriptedServer server(
      {answer(403, "Producer-Epoch: 5\r\n"),
       answer(409, "Producer-Expected-Seq: 3\r\n"),
       answer(409, "Stream-Closed: true\r\nStream-Next-Offset: 1_9\r\n")});
  Stream stream = open(server.url());
  EXPECT_EQ(stream.append("x", {}).error().producer_epoch, 5u);
  EXPECT_EQ(stream.append("x", {}).error().expected_seq, 3u);
  EXPECT_EQ(stream.append("x", {}).error().offset, "1_9");
}

TEST(Follower, CatchesUpThenWaitsThenSeesTheEnd) {
  ScriptedServer server(
      {answer(200, "Stream-Next-Offset: 1_1\r\n", "a"),
       answer(200, "Stream-Next-Offset: 1_2\r\nStream-Up-To-Date: true\r\n", "b"),
       empty_answer(204,
                    "Stream-Next-Offset: 1_2\r\nStream-Up-To-Date: true\r\n"
                    "Stream-Cursor: 42\r\n"),
       answer(200,
              "Stream-Next-Offset: 1_3\r\nStream-Up-To-Date: true\r\n"
              "Stream-Closed: true\r\n",
              "c")});
  Stream stream = open(server.url());
  Follower follower(stream, "-1");
  std::string seen;
  while (true) {
    const auto page = follower.next();
    ASSERT_TRUE(page);
    seen += page->body + "|";
    if (page->closed) break;
  }
  EXPECT_EQ(seen, "a|b||c|");
  EXPECT_EQ(follower.offset(), "1_3");
  const auto requests = server.requests();
  EXPECT_THAT(requests.at(0), StartsWith("GET /v1/streams/s?offset=-1 "));
  EXPECT_THAT(requests.at(1), StartsWith("GET /v1/streams/s?offset=1_1 "));
  EXPECT_THAT(requests.at(2),
              StartsWith("GET /v1/streams/s?live=long-poll&offset=1_2 "));
  EXPECT_THAT(requests.at(3),
              StartsWith("GET /v1/streams/s?cursor=42&live=long-poll&offset=1_2 "));
}

TEST(Follower, ResumesAtItsPlaceAfterAnError) {
  Options options = quick_options();
  options.attempts_max = 1;
  ScriptedServer server({answer(200, "Stream-Next-Offset: 1_1\r\n", "a"), hang_up(),
                         answer(200, "Stream-Next-Offset: 1_2\r\n", "b")});
  Stream stream = open(server.url(), options);
  Follower follower(stream, "-1");
  ASSERT_TRUE(follower.next());
  const auto lost = follower.next();
  ASSERT_FALSE(lost);
  EXPECT_TRUE(lost.error().is_transient());
  const auto page = follower.next();
  ASSERT_TRUE(page);
  EXPECT_EQ(page->body, "b");
  EXPECT_THAT(server.requests().at(2), StartsWith("GET /v1/streams/s?offset=1_1 "));
}

TEST(Follower, OfNowWaitsAtOnce) {
  ScriptedServer server({answer(200, "Stream-Next-Offset: 1_1\r\n", "a")});
  Stream stream = open(server.url());
  Follower follower(stream, "now");
  ASSERT_TRUE(follower.next());
  EXPECT_THAT(server.requests().at(0), HasSubstr("?live=long-poll&offset=now "));
}

}  // namespace
}  // namespace durable_streams::client
