// What answers look like on the wire, and what becomes of the connection.
#include <gtest/gtest.h>

#include "running_server.h"

namespace durable_streams::http::testing {
namespace {

TEST(H1Answer, CarriesDateAndLength) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.field("date"), "Sun, 15 Jun 2025 15:06:40 GMT");
  EXPECT_EQ(response.field("content-length"), "11");
  EXPECT_FALSE(response.has("connection"));
}

TEST(H1Answer, TheDateFollowsTheClock) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_response().field("date"), "Sun, 15 Jun 2025 15:06:40 GMT");
  server.advance(2'000);  // Well within every timeout.
  client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_response().field("date"), "Sun, 15 Jun 2025 15:06:42 GMT");
}

TEST(H1Answer, ToHeadHasTheLengthAndNoBody) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  const RawResponse response = client.read_response(true);
  EXPECT_EQ(response.field("content-length"), "12");
  client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_response().body, "GET /echo? ");
}

TEST(H1Answer, NoContentAndNotModifiedHaveNeitherBodyNorLength) {
  RunningServer server;
  RawClient client = server.connect();
  for (const int status : {204, 304}) {
    client.send("GET /status/" + std::to_string(status) +
                " HTTP/1.1\r\nHost: a\r\n\r\n");
    const RawResponse response = client.read_response();
    EXPECT_EQ(response.status, status);
    EXPECT_FALSE(response.has("content-length"));
    EXPECT_FALSE(response.has("transfer-encoding"));
  }
  client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_response().body, "GET /echo? ");
}

TEST(H1Answer, AHandlersFieldsCannotBreakTheFraming) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("GET /chatty HTTP/1.1\r\nHost: a\r\n\r\n");
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.field("content-length"), "3");
  EXPECT_FALSE(response.has("connection"));
  EXPECT_EQ(response.field("x-mine"), "yes");
  EXPECT_EQ(response.field("date"), "today");
  EXPECT_EQ(response.field("x-evil"), "aset-cookie: b");
  EXPECT_FALSE(response.has("set-cookie"));
  client.send("HEAD /chatty HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_response(true).field("content-length"), "999");
}

TEST(H1Answer, LargeBodiesReachSlowReadersWhole) {
  RunningServer server;
  RawClient client = server.connect(4096);
  client.send("GET /large/8000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.body.size(), 8'000'000u);
  EXPECT_EQ(response.body.find_first_not_of('x'), std::string::npos);
  client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_response().status, 200);
}

TEST(H1Answer, ConnectionCloseIsKept) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_TRUE(client.is_at_end());
  EXPECT_TRUE(server.wait_for_connections(0));
}

TEST(H1Answer, Http10ClosesUnlessAskedToKeepAlive) {
  RunningServer server;
  RawClient closing = server.connect();
  closing.send("GET /echo HTTP/1.0\r\n\r\n");
  EXPECT_EQ(closing.read_response().field("connection"), "close");
  EXPECT_TRUE(closing.is_at_end());

  RawClient keeping = server.connect();
  for (int i = 0; i < 2; ++i) {
    keeping.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(keeping.read_response().field("connection"), "keep-alive");
  }
}

TEST(H1Answer, AHalfClosedClientGetsItsAnswer) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nb");
  client.shutdown_send();
  EXPECT_EQ(client.read_response().body, "POST /echo? b");
  EXPECT_TRUE(client.is_at_end());
}

TEST(H1Answer, AHalfClosedClientGetsALateAnswer) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nb");
  client.shutdown_send();
  HeldExchange& held = server.handler().wait_held();
  server.on_io([&] { held.exchange->respond(ResponseHead(204, nullptr)); });
  EXPECT_EQ(client.read_response().status, 204);
  EXPECT_TRUE(client.is_at_end());
  EXPECT_EQ(held.times_gone(), 0);
}

TEST(H1Expect, ContinueIsSaidWhereTheBodyIsWaitedFor) {
  RunningServer server;
  RawClient client = server.connect();
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
      "2\r\n\r\n");
  EXPECT_EQ(client.read_head().status, 100);
  client.send("hi");
  EXPECT_EQ(client.read_response().body, "POST /echo? hi");
}

TEST(H1Expect, ContinueIsNotSaidWhereTheBodyIsHereOrRefused) {
  RunningServer server;
  RawClient client = server.connect();
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
      "2\r\n\r\nhi");
  EXPECT_EQ(client.read_response().status, 200);
  client.send(
      "POST /deny HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
      "2\r\n\r\n");
  EXPECT_EQ(client.read_response().status, 401);
  EXPECT_TRUE(client.is_at_end());
}

TEST(H1EarlyAnswer, ASmallBodyIsSkippedAndTheConnectionKept) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("POST /deny HTTP/1.1\r\nHost: a\r\nContent-Length: 30000\r\n\r\n");
  EXPECT_EQ(client.read_response().status, 401);
  client.send(std::string(29'000, 'b'));
  server.on_io([] {});
  client.send(std::string(1'000, 'b') + "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_response().body, "GET /echo? ");
}

TEST(H1EarlyAnswer, ALargeOrUnboundedBodyEndsTheConnection) {
  for (const char* length : {"Content-Length: 70000", "Transfer-Encoding: chunked"}) {
    RunningServer server;
    RawClient client = server.connect();
    client.send("POST /deny HTTP/1.1\r\nHost: a\r\n" + std::string(length) +
                "\r\n\r\n");
    const RawResponse response = client.read_response();
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.field("connection"), "close");
    EXPECT_TRUE(client.is_at_end());
  }
}

TEST(H1EarlyAnswer, WithoutABodyTheConnectionIsKept) {
  RunningServer server;
  RawClient client = server.connect();
  for (int i = 0; i < 3; ++i) {
    client.send("GET /deny HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read_response().status, 401);
  }
  EXPECT_EQ(server.handler().handled(), 0u);
}

}  // namespace
}  // namespace durable_streams::http::testing
