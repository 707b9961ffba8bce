// Exchanges that wait: held, parked and live ones, and clients that leave.
#include <gtest/gtest.h>

#include "running_server.h"

namespace durable_streams::http::testing {
namespace {

constexpr std::string_view park_request = "GET /park HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view live_request = "GET /live HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view echo_request = "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n";

void answer(RunningServer& server, HeldExchange& held) {
  server.on_io([&] { held.exchange->respond(ResponseHead(204, nullptr)); });
}

TEST(ParkedExchange, IsAnsweredLater) {
  RunningServer server;
  RawClient client = server.connect();
  client.send(park_request);
  HeldExchange& held = server.handler().wait_held();
  answer(server, held);
  EXPECT_EQ(client.read_response().status, 204);
  EXPECT_EQ(held.times_gone(), 0);
  client.send(echo_request);
  EXPECT_EQ(client.read_response().status, 200);
}

TEST(ParkedExchange, HearsOnceThatItsClientHasGone) {
  RunningServer server;
  RawClient client = server.connect();
  client.send(park_request);
  HeldExchange& held = server.handler().wait_held();
  client.close();
  EXPECT_TRUE(held.wait_until_gone());
  EXPECT_EQ(server.connections().size(), 1u);
  answer(server, held);
  EXPECT_TRUE(server.wait_for_connections(0));
  EXPECT_EQ(held.times_gone(), 1);
}

TEST(ParkedExchange, MayBeAnsweredFromWithinClientGone) {
  RunningServer server;
  RawClient client = server.connect();
  client.send(park_request);
  HeldExchange& held = server.handler().wait_held();
  server.on_io([&] {
    held.when_gone = [&] { held.exchange->respond(ResponseHead(204, nullptr)); };
  });
  client.reset();
  EXPECT_TRUE(held.wait_until_gone());
  EXPECT_TRUE(server.wait_for_connections(0));
}

TEST(ParkedExchange, OfAClientThatAlreadyLeftHearsIt) {
  RunningServer server;
  RawClient client = server.connect();
  server.on_io([&] {  // Both arrive before the server looks.
    client.send(park_request);
    client.shutdown_send();
  });
  HeldExchange& held = server.handler().wait_held();
  EXPECT_TRUE(held.wait_until_gone());
  answer(server, held);
  EXPECT_EQ(client.read_response().status, 204);
  EXPECT_TRUE(client.is_at_end());
}

TEST(ParkedExchange, HearsOfALeavingThatLiesBehindPipelinedBytes) {
  RunningServer server;
  RawClient client = server.connect();
  client.send(park_request);
  HeldExchange& held = server.handler().wait_held();
  client.send(std::string(100'000, '\n'));
  client.close();
  EXPECT_TRUE(held.wait_until_gone());
  answer(server, held);
  EXPECT_TRUE(server.wait_for_connections(0));
}

TEST(HeldExchange, AnswersNobodyAfterAReset) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
  HeldExchange& held = server.handler().wait_held();
  client.reset();
  RawClient other = server.connect();  // Served after the reset was seen.
  other.send(echo_request);
  EXPECT_EQ(other.read_response().status, 200);
  server.on_io([&] {
    EXPECT_EQ(held.exchange->request().body, "hi");  // Still there for the handler.
    held.exchange->respond(ResponseHead(204, nullptr));
  });
  EXPECT_TRUE(server.wait_for_connections(1));
  EXPECT_EQ(held.times_gone(), 0);
}

TEST(LiveResponse, SendsFramesAsChunksAndEnds) {
  RunningServer server;
  RawClient client = server.connect();
  client.send(live_request);
  HeldExchange& held = server.handler().wait_held();
  const RawResponse head = client.read_head();
  EXPECT_EQ(head.field("transfer-encoding"), "chunked");
  EXPECT_FALSE(head.has("content-length"));
  const SharedBytes frame(std::string("data: 0123456789abcdef\n\n"));
  server.on_io([&] {
    EXPECT_TRUE(held.live->writable());
    held.live->write(frame);
    held.live->write(SharedBytes());  // Must not look like the end.
    held.live->write(frame.slice(6, 2));
  });
  EXPECT_EQ(client.read_chunk(), frame.view());
  EXPECT_EQ(client.read_chunk(), "01");
  server.on_io([&] { held.live->finish(); });
  EXPECT_EQ(client.read_chunk(), std::nullopt);
  client.send(echo_request);
  EXPECT_EQ(client.read_response().status, 200);
}

TEST(LiveResponse, ToHttp10IsEndedByTheConnection) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("GET /live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  HeldExchange& held = server.handler().wait_held();
  const RawResponse head = client.read_head();
  EXPECT_FALSE(head.has("transfer-encoding"));
  EXPECT_EQ(head.field("connection"), "close");
  server.on_io([&] {
    held.live->write(SharedBytes::literal("one"));
    held.live->write(SharedBytes::literal("two"));
    held.live->finish();
  });
  EXPECT_EQ(client.read_to_end(), "onetwo");
}

TEST(LiveResponse, ToHeadHasNoBody) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("HEAD /live HTTP/1.1\r\nHost: a\r\n\r\n");
  HeldExchange& held = server.handler().wait_held();
  server.on_io([&] {
    held.live->write(SharedBytes::literal("one"));
    held.live->finish();
  });
  EXPECT_EQ(client.read_response(true).status, 200);
  client.send(echo_request);
  EXPECT_EQ(client.read_response().status, 200);
}

TEST(LiveResponse, TellsWhenASlowReaderBlocksAndWhenItNoLongerDoes) {
  RunningServer server;
  RawClient client = server.connect(4096);
  client.send(live_request);
  HeldExchange& held = server.handler().wait_held();
  client.read_head();
  const SharedBytes frame(std::string(64 * 1024, 'f'));
  size_t frames = 0;
  server.on_io([&] {
    while (held.live->writable()) {
      held.live->write(frame);
      ++frames;
    }
    held.live->write(frame);  // Queued behind the rest.
    ++frames;
  });
  for (size_t i = 0; i < frames; ++i)
    ASSERT_EQ(client.read_chunk(), frame.view());
  EXPECT_TRUE(held.wait_until_writable_again());
  server.on_io([&] {
    EXPECT_TRUE(held.live->writable());
    held.live->write(SharedBytes::literal("last"));
    held.live->finish();
  });
  EXPECT_EQ(client.read_chunk(), "last");
  EXPECT_EQ(client.read_chunk(), std::nullopt);
}

TEST(LiveResponse, FinishedWhileBlockedStillEndsProperly) {
  RunningServer server;
  RawClient client = server.connect(4096);
  client.send(live_request);
  HeldExchange& held = server.handler().wait_held();
  client.read_head();
  const SharedBytes frame(std::string(64 * 1024, 'f'));
  size_t frames = 0;
  server.on_io([&] {
    while (held.live->writable()) {
      held.live->write(frame);
      ++frames;
    }
    held.live->finish();
  });
  for (size_t i = 0; i < frames; ++i)
    ASSERT_EQ(client.read_chunk(), frame.view());
  EXPECT_EQ(client.read_chunk(), std::nullopt);
  client.send(echo_request);
  EXPECT_EQ(client.read_response().status, 200);
}

TEST(LiveResponse, WritesAfterTheClientLeftGoNowhere) {
  RunningServer server;
  RawClient client = server.connect();
  client.send(live_request);
  HeldExchange& held = server.handler().wait_held();
  client.read_head();
  client.reset();
  EXPECT_TRUE(held.wait_until_gone());
  server.on_io([&] {
    held.live->write(SharedBytes::literal("nobody"));
    EXPECT_TRUE(held.live->writable());
    held.live->finish();
  });
  EXPECT_TRUE(server.wait_for_connections(0));
  EXPECT_EQ(held.times_gone(), 1);
}

// A write is where the server learns of it; the handler must not be called back
// from inside its own write().
TEST(LiveResponse, AClientFoundGoneByAWriteIsToldOfLater) {
  RunningServer server;
  RawClient client = server.connect();
  client.send(live_request);
  HeldExchange& held = server.handler().wait_held();
  client.read_head();
  server.on_io([&] {
    client.reset();  // The I/O thread cannot have seen it yet.
    for (int i = 0; i < 3; ++i)
      held.live->write(SharedBytes::literal("nobody"));
    EXPECT_EQ(held.times_gone(), 0);
  });
  EXPECT_TRUE(held.wait_until_gone());
  server.on_io([&] { held.live->finish(); });
  EXPECT_TRUE(server.wait_for_connections(0));
}

TEST(LiveResponse, IsAlreadyOverWhenItsLeavingIsDue) {
  RunningServer server;
  RawClient client = server.connect();
  client.send(live_request);
  HeldExchange& held = server.handler().wait_held();
  client.read_head();
  server.on_io([&] {
    client.reset();
    held.live->write(SharedBytes::literal("nobody"));
    held.live->finish();
  });
  EXPECT_TRUE(server.wait_for_connections(0));
  EXPECT_EQ(held.times_gone(), 0);
}

TEST(UnixSocketExchange, HearsThatItsClientHasGone) {
  RunningServer::Settings settings;
  const std::string path = ::testing::TempDir() + "waiting_exchange_test.sock";
  settings.endpoint = UnixEndpoint{path};
  RunningServer server(settings);
  RawClient client = RawClient::local(path);
  client.send(park_request);
  HeldExchange& held = server.handler().wait_held();
  client.close();
  EXPECT_TRUE(held.wait_until_gone());
  answer(server, held);
  EXPECT_TRUE(server.wait_for_connections(0));
}

}  // namespace
}  // namespace durable_streams::http::testing
