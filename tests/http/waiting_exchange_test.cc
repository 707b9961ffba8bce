// Exchanges that wait: held, parked and live ones, and clients that leave.
#include <gtest/gtest.h>

#include "running_server.h"

namespace durable_streams::http::testing {
namespace {

constexpr std::string_view park_request = "GET /park HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view live_request = "GET /live HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view echo_request = "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n";

// One client, and what the handler holds of its request.
class WaitingExchange : public ::testing::Test {
 protected:
  HeldExchange& request(std::string_view text) {
    client.send(text);
    return server.handler().wait_held();
  }
  // A live response that has begun, to a client with this receive buffer.
  HeldExchange& go_live(int receive_buffer_bytes = 0) {
    client = server.connect(receive_buffer_bytes);
    HeldExchange& held = request(live_request);
    client.read_head();
    return held;
  }
  // Writes `frame` until the client blocks; returns how often.
  size_t write_until_blocked(HeldExchange& held, const SharedBytes& frame) {
    size_t frames = 0;
    server.on_io([&] {
      for (; held.live->writable(); ++frames)
        held.live->write(frame);
    });
    return frames;
  }
  void answer(HeldExchange& held) {
    server.on_io([&] { held.exchange->respond(ResponseHead(204, nullptr)); });
  }

  RunningServer server;
  RawClient client = server.connect();
};
class ParkedExchange : public WaitingExchange {};
class HeldRequest : public WaitingExchange {};
class LiveResponse : public WaitingExchange {};

TEST_F(ParkedExchange, IsAnsweredLater) {
  HeldExchange& held = request(park_request);
  answer(held);
  EXPECT_EQ(client.read_response().status, 204);
  EXPECT_EQ(held.times_gone(), 0);
  client.send(echo_request);
  EXPECT_EQ(client.read_response().status, 200);
}

TEST_F(ParkedExchange, HearsOnceThatItsClientHasGone) {
  HeldExchange& held = request(park_request);
  client.close();
  EXPECT_TRUE(held.wait_until_gone());
  EXPECT_EQ(server.connections().size(), 1u);
  answer(held);
  EXPECT_TRUE(server.wait_for_connections(0));
  EXPECT_EQ(held.times_gone(), 1);
}

TEST_F(ParkedExchange, MayBeAnsweredFromWithinClientGone) {
  HeldExchange& held = request(park_request);
  server.on_io([&] {
    held.when_gone = [&] { held.exchange->respond(ResponseHead(204, nullptr)); };
  });
  client.reset();
  EXPECT_TRUE(held.wait_until_gone());
  EXPECT_TRUE(server.wait_for_connections(0));
}

TEST_F(ParkedExchange, OfAClientThatAlreadyLeftHearsIt) {
  server.on_io([&] {  // Both arrive before the server looks.
    client.send(park_request);
    client.shutdown_send();
  });
  HeldExchange& held = server.handler().wait_held();
  EXPECT_TRUE(held.wait_until_gone());
  answer(held);
  EXPECT_EQ(client.read_response().status, 204);
  EXPECT_TRUE(client.is_at_end());
}

TEST_F(ParkedExchange, HearsOfALeavingThatLiesBehindPipelinedBytes) {
  HeldExchange& held = request(park_request);
  client.send(std::string(100'000, '\n'));
  client.close();
  EXPECT_TRUE(held.wait_until_gone());
  answer(held);
  EXPECT_TRUE(server.wait_for_connections(0));
}

TEST_F(HeldRequest, AnswersNobodyAfterAReset) {
  HeldExchange& held =
      request("POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
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

TEST_F(LiveResponse, SendsFramesAsChunksAndEnds) {
  HeldExchange& held = request(live_request);
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

TEST_F(LiveResponse, ToHttp10IsEndedByTheConnection) {
  HeldExchange& held = request("GET /live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
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

TEST_F(LiveResponse, ToHeadHasNoBody) {
  HeldExchange& held = request("HEAD /live HTTP/1.1\r\nHost: a\r\n\r\n");
  server.on_io([&] {
    held.live->write(SharedBytes::literal("one"));
    held.live->finish();
  });
  EXPECT_EQ(client.read_response(true).status, 200);
  client.send(echo_request);
  EXPECT_EQ(client.read_response().status, 200);
}

TEST_F(LiveResponse, TellsWhenASlowReaderBlocksAndWhenItNoLongerDoes) {
  HeldExchange& held = go_live(4096);
  const SharedBytes frame(std::string(64 * 1024, 'f'));
  const size_t frames = write_until_blocked(held, frame);
  server.on_io([&] { held.live->write(frame); });  // Queued behind the rest.
  for (size_t i = 0; i <= frames; ++i)
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

TEST_F(LiveResponse, FinishedWhileBlockedStillEndsProperly) {
  HeldExchange& held = go_live(4096);
  const SharedBytes frame(std::string(64 * 1024, 'f'));
  const size_t frames = write_until_blocked(held, frame);
  server.on_io([&] { held.live->finish(); });
  for (size_t i = 0; i < frames; ++i)
    ASSERT_EQ(client.read_chunk(), frame.view());
  EXPECT_EQ(client.read_chunk(), std::nullopt);
  client.send(echo_request);
  EXPECT_EQ(client.read_response().status, 200);
}

TEST_F(LiveResponse, WritesAfterTheClientLeftGoNowhere) {
  HeldExchange& held = go_live();
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
TEST_F(LiveResponse, AClientFoundGoneByAWriteIsToldOfLater) {
  HeldExchange& held = go_live();
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

TEST_F(LiveResponse, IsAlreadyOverWhenItsLeavingIsDue) {
  HeldExchange& held = go_live();
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
  const std::string path = unix_socket_path();
  settings.endpoint = UnixEndpoint{path};
  RunningServer server(settings);
  RawClient client = RawClient::local(path);
  client.send(park_request);
  HeldExchange& held = server.handler().wait_held();
  client.close();
  EXPECT_TRUE(held.wait_until_gone());
  server.on_io([&] { held.exchange->respond(ResponseHead(204, nullptr)); });
  EXPECT_TRUE(server.wait_for_connections(0));
}

}  // namespace
}  // namespace durable_streams::http::testing
