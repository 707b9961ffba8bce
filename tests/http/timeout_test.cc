// Clients that take too long, by a clock that only the test moves.
#include <gtest/gtest.h>

#include "running_server.h"

namespace durable_streams::http::testing {
namespace {

constexpr std::string_view echo_request = "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Timeout, AConnectionThatSendsNothingIsClosed) {
  RunningServer server;
  RawClient client = server.connect();
  ASSERT_TRUE(server.wait_for_connections(1));
  server.advance(limits::header_timeout_ms + 1000);
  EXPECT_TRUE(client.is_at_end());
}

TEST(Timeout, AnIdleConnectionIsClosedAfterTheIdleTime) {
  RunningServer server;
  RawClient client = server.connect();
  client.send(echo_request);
  client.read_response();
  server.advance(limits::idle_timeout_ms - 1000);
  client.send(echo_request);  // It was alive, and its time begins anew.
  EXPECT_EQ(client.read_response().status, 200);
  server.advance(limits::idle_timeout_ms - 1000);
  client.send(echo_request);
  EXPECT_EQ(client.read_response().status, 200);
  server.advance(limits::idle_timeout_ms + 1000);
  EXPECT_TRUE(client.is_at_end());
}

TEST(Timeout, ASlowHeaderSectionIsRefused) {
  RunningServer server;
  RawClient client = server.connect();
  client.send(echo_request);
  client.read_response();
  client.send("GET /echo HTTP/1.1\r\n");
  // Part of a request is there once an idle connection would not be closed.
  server.on_io([] {});
  for (int i = 0; i < 20; ++i) {
    server.advance(limits::header_timeout_ms / 10);
    if (!client.send("X: y\r\n")) break;
    server.on_io([] {});
  }
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, 408);
  EXPECT_EQ(response.body, "request_timeout");
}

TEST(Timeout, ASlowBodyIsRefused) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
  ASSERT_TRUE(
      server.wait_until([&] { return server.handler().heads_accepted() == 1; }));
  server.advance(limits::body_timeout_ms + 1000);
  EXPECT_EQ(client.read_response().status, 408);
  EXPECT_TRUE(client.is_at_end());
  EXPECT_EQ(server.handler().handled(), 0u);
}

TEST(Timeout, ABodyHasItsOwnTimeBehindTheHeaders) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
  ASSERT_TRUE(
      server.wait_until([&] { return server.handler().heads_accepted() == 1; }));
  server.advance(limits::body_timeout_ms - 1000);
  client.send("llo");
  EXPECT_EQ(client.read_response().status, 200);
}

TEST(Timeout, AHandlerAndAParkedClientMayTakeAsLongAsTheyLike) {
  for (const char* path : {"/hold", "/park"}) {
    RunningServer server;
    RawClient client = server.connect();
    client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    HeldExchange& held = server.handler().wait_held();
    for (int i = 0; i < 5; ++i) {
      server.advance(limits::idle_timeout_ms * 2);
      server.on_io(
          [&] { server.io().timers().advance(server.io().clock().steady_ms()); });
    }
    server.on_io([&] { held.exchange->respond(ResponseHead(204, nullptr)); });
    EXPECT_EQ(client.read_response().status, 204);
    client.send(echo_request);
    EXPECT_EQ(client.read_response().status, 200);
    server.advance(limits::idle_timeout_ms + 1000);
    EXPECT_TRUE(client.is_at_end()) << "idle time counts again";
  }
}

TEST(Timeout, AClientThatTakesNoBytesIsDropped) {
  RunningServer server;
  RawClient client = server.connect(4096);
  client.send("GET /large/50000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  server.handler().wait_request();
  server.on_io([] {});
  server.advance(limits::write_timeout_ms + 1000);
  EXPECT_TRUE(server.wait_for_connections(0));
}

TEST(Timeout, ABlockedLiveReaderIsDroppedAndItsHandlerTold) {
  RunningServer server;
  RawClient client = server.connect(4096);
  client.send("GET /live HTTP/1.1\r\nHost: a\r\n\r\n");
  HeldExchange& held = server.handler().wait_held();
  client.read_head();
  server.advance(limits::write_timeout_ms * 3);  // Quiet is not blocked.
  server.on_io([&] {
    const SharedBytes frame(std::string(64 * 1024, 'f'));
    while (held.live->writable())
      held.live->write(frame);
  });
  EXPECT_EQ(held.times_gone(), 0);
  server.advance(limits::write_timeout_ms + 1000);
  EXPECT_TRUE(held.wait_until_gone());
  server.on_io([&] { held.live->finish(); });
  EXPECT_TRUE(server.wait_for_connections(0));
}

TEST(Timeout, ARefusedClientThatStaysIsClosed) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.read_response().status, 400);
  EXPECT_TRUE(client.is_at_end());  // Our half.
  EXPECT_EQ(server.connections().size(), 1u);
  server.advance(limits::linger_timeout_ms + 1000);
  EXPECT_TRUE(server.wait_for_connections(0));
}

}  // namespace
}  // namespace durable_streams::http::testing
