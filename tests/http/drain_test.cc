// The end of a server: idle connections go at once, what is in flight is
// answered, the rest is dropped.
#include <gtest/gtest.h>

#include "running_server.h"

namespace durable_streams::http::testing {
namespace {

constexpr std::string_view echo_request = "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n";

class Drain : public ::testing::Test {
 protected:
  void drain() {
    server.on_io([this] {
      server.listener().stop();
      server.connections().drain([this] { ++times_empty; });
    });
  }

  RunningServer server;
  int times_empty = 0;  // Touched on the I/O thread.
};

TEST_F(Drain, OfNobodyIsOverAtOnce) {
  drain();
  server.on_io([this] { EXPECT_EQ(times_empty, 1); });
}

TEST_F(Drain, ClosesIdleConnectionsAndTakesNoNewOnes) {
  RawClient used = server.connect();
  used.send(echo_request);
  used.read_response();
  RawClient unused = server.connect();
  ASSERT_TRUE(server.wait_for_connections(2));
  drain();
  EXPECT_TRUE(used.is_at_end());
  EXPECT_TRUE(unused.is_at_end());
  EXPECT_FALSE(server.connect().is_connected());
  server.on_io([this] { EXPECT_EQ(times_empty, 1); });
}

TEST_F(Drain, AnswersWhatIsInFlightAndThenCloses) {
  RawClient client = server.connect();
  client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  HeldExchange& held = server.handler().wait_held();
  drain();
  server.on_io([&] {
    EXPECT_TRUE(held.exchange->draining());
    EXPECT_EQ(times_empty, 0);
    held.exchange->respond(ResponseHead(204, nullptr));
    EXPECT_EQ(times_empty, 1);
  });
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_TRUE(client.is_at_end());
}

TEST_F(Drain, LetsAHalfSentRequestComeToItsEnd) {
  RawClient client = server.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nh");
  ASSERT_TRUE(
      server.wait_until([&] { return server.handler().heads_accepted() == 1; }));
  drain();
  client.send("i");
  EXPECT_EQ(client.read_response().body, "POST /echo? hi");
  EXPECT_TRUE(client.is_at_end());
}

TEST_F(Drain, LeavesItToLiveAnswersWhenToFinish) {
  RawClient client = server.connect();
  client.send("GET /live HTTP/1.1\r\nHost: a\r\n\r\n");
  HeldExchange& held = server.handler().wait_held();
  client.read_head();
  drain();
  server.on_io([&] {
    EXPECT_EQ(held.times_gone(), 0);
    held.live->write(SharedBytes::literal("bye"));
    held.live->finish();
  });
  EXPECT_EQ(client.read_chunk(), "bye");
  EXPECT_EQ(client.read_chunk(), std::nullopt);
  EXPECT_TRUE(client.is_at_end());
}

TEST_F(Drain, DropEndsEverythingAndTellsThoseWhoWait) {
  RawClient parked = server.connect();
  parked.send("GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
  HeldExchange& park = server.handler().wait_held();
  RawClient live = server.connect();
  live.send("GET /live HTTP/1.1\r\nHost: a\r\n\r\n");
  HeldExchange& stream = server.handler().wait_held();
  RawClient held = server.connect();
  held.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  HeldExchange& hold = server.handler().wait_held();
  RawClient half = server.connect();
  half.send("GET /echo HTTP/1.1\r\n");
  ASSERT_TRUE(server.wait_for_connections(4));
  drain();
  server.on_io([this] { server.connections().drop(); });
  EXPECT_TRUE(park.wait_until_gone());
  EXPECT_TRUE(stream.wait_until_gone());
  EXPECT_TRUE(held.is_at_end());
  EXPECT_TRUE(parked.is_at_end());
  server.on_io([&] {
    EXPECT_EQ(hold.times_gone(), 0);
    hold.exchange->respond(ResponseHead(204, nullptr));
    park.exchange->respond(ResponseHead(204, nullptr));
    EXPECT_EQ(times_empty, 0);
    stream.live->finish();
    EXPECT_EQ(times_empty, 1);
  });
}

TEST(ConnectionSet, EndsWhatIsLeftWhenItIsDestroyed) {
  RawClient client = [] {
    RunningServer server;
    RawClient connected = server.connect();
    connected.send("GET /live HTTP/1.1\r\nHost: a\r\n\r\n");
    server.handler().wait_held();
    connected.read_head();
    return connected;
  }();
  EXPECT_TRUE(client.is_at_end());
}

}  // namespace
}  // namespace durable_streams::http::testing
