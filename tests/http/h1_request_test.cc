// How requests are read: every way of cutting them into packets, bodies of both
// kinds, forms of targets, pipelining.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "running_server.h"

namespace durable_streams::http::testing {
namespace {

TEST(H1Request, HandlersSeeMethodPathQueryFieldsBodyAndPeer) {
  RunningServer server;
  RawClient client = server.connect();
  client.send(
      "POST /echo%20x/y?offset=-1&live=sse HTTP/1.1\r\nHost: example:1\r\n"
      "CONTENT-TYPE:  text/plain \r\nProducer-Epoch: 7\r\nX-Unknown: 1\r\n"
      "Content-Length: 4\r\n\r\nbody");
  EXPECT_EQ(client.read_response().status, 200);
  const SeenRequest seen = server.handler().wait_request();
  EXPECT_EQ(seen.method, Method::post);
  EXPECT_EQ(seen.method_text, "POST");
  EXPECT_EQ(seen.path, "/echo%20x/y");
  EXPECT_EQ(seen.query, "offset=-1&live=sse");
  EXPECT_EQ(seen.body, "body");
  EXPECT_EQ(seen.peer_address, "127.0.0.1");
  EXPECT_EQ(seen.fields,
            (std::map<std::string, std::string>{{"host", "example:1"},
                                                {"content-type", "text/plain"},
                                                {"producer-epoch", "7"},
                                                {"content-length", "4"}}));
}

constexpr std::string_view plain_request =
    "PUT /echo?q HTTP/1.1\r\nHost: a\r\nStream-TTL: 60\r\nContent-Length: "
    "5\r\n\r\nhello";
constexpr std::string_view chunked_request =
    "PUT /echo?q HTTP/1.1\r\nHost: a\r\nStream-TTL: 60\r\nTransfer-Encoding: "
    "chunked\r\n\r\n"
    "3;x=y\r\nhel\r\n02\r\nlo\r\n0\r\nTrailer: t\r\n\r\n";

class CutRequest : public ::testing::TestWithParam<std::string_view> {};

TEST_P(CutRequest, IsReadByteByByte) {
  RunningServer server;
  RawClient client = server.connect();
  for (const char& byte : GetParam())
    ASSERT_TRUE(client.send({&byte, 1}));
  EXPECT_EQ(client.read_response().body, "PUT /echo?q hello");
}

// The server must have read the first part before the second is sent; a
// connection with a part of a request holds storage, so it shows.
TEST_P(CutRequest, IsReadInTwoPartsCutAnywhere) {
  RunningServer server;
  RawClient client = server.connect();
  for (size_t cut = 1; cut < GetParam().size(); ++cut) {
    ASSERT_TRUE(client.send(GetParam().substr(0, cut)));
    server.on_io([] {});
    ASSERT_TRUE(client.send(GetParam().substr(cut)));
    ASSERT_EQ(client.read_response().body, "PUT /echo?q hello") << "cut at " << cut;
    const SeenRequest seen = server.handler().wait_request();
    ASSERT_EQ(seen.fields.at("stream-ttl"), "60") << "cut at " << cut;
  }
}

INSTANTIATE_TEST_SUITE_P(Bodies, CutRequest,
                         ::testing::Values(plain_request, chunked_request));

TEST(H1Request, PipelinedRequestsAreAnsweredInOrder) {
  RunningServer server;
  RawClient client = server.connect();
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests += "POST /echo?" + std::to_string(i) +
                " HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nb";
  }
  client.send(requests);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(client.read_response().body, "POST /echo?" + std::to_string(i) + " b");
  }
}

TEST(H1Request, APipelinedRequestWaitsForTheAnswerBeforeIt) {
  RunningServer server;
  RawClient client = server.connect();
  client.send(
      "GET /hold HTTP/1.1\r\nHost: a\r\n\r\nGET /echo?second HTTP/1.1\r\nHost: "
      "a\r\n\r\n");
  HeldExchange& held = server.handler().wait_held();
  server.on_io([&] {
    EXPECT_EQ(server.handler().handled(), 1u);
    held.exchange->respond(ResponseHead(204, nullptr));
    EXPECT_EQ(server.handler().handled(), 1u) << "handed over from a handler's stack";
  });
  EXPECT_EQ(client.read_response().status, 204);
  EXPECT_EQ(client.read_response().body, "GET /echo?second ");
}

TEST(H1Request, APipelinedRequestOutlivesParking) {
  RunningServer server;
  RawClient client = server.connect();
  client.send(
      "GET /park HTTP/1.1\r\nHost: a\r\n\r\nGET /echo?second HTTP/1.1\r\nHost: "
      "a\r\n\r\n");
  HeldExchange& held = server.handler().wait_held();
  server.on_io([&] { held.exchange->respond(ResponseHead(204, nullptr)); });
  EXPECT_EQ(client.read_response().status, 204);
  EXPECT_EQ(client.read_response().body, "GET /echo?second ");
}

TEST(H1Request, BodiesLargerThanEveryBufferArriveWhole) {
  RunningServer server;
  RawClient client = server.connect();
  std::string body(3 * 1024 * 1024, 'x');
  for (size_t i = 0; i < body.size(); i += 1000)
    body[i] = static_cast<char>('a' + i / 1000 % 26);
  client.send("POST /status/204 HTTP/1.1\r\nHost: a\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n");
  client.send(body);
  EXPECT_EQ(client.read_response().status, 204);
  EXPECT_TRUE(server.handler().wait_request().body == body);

  client.send(
      "POST /status/204 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (size_t i = 0; i < body.size(); i += 0x10000) {
    client.send("10000\r\n" + body.substr(i, 0x10000) + "\r\n");
  }
  client.send("0\r\n\r\n");
  EXPECT_EQ(client.read_response().status, 204);
  EXPECT_TRUE(server.handler().wait_request().body == body);
}

TEST(H1Request, AnAbsoluteTargetNamesTheHost) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("GET http://real:80/echo?q HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_EQ(client.read_response().body, "GET /echo?q ");
  EXPECT_EQ(server.handler().wait_request().fields.at("host"), "real:80");
  client.send("GET HTTPS://real HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_EQ(client.read_response().body, "GET /? ");
}

TEST(H1Request, PathsAreNotNormalised) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("GET //a/../b%2F?x?y HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_response().body, "GET //a/../b%2F?x?y ");
}

TEST(H1Request, EmptyLinesBeforeARequestAreIgnored) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_response().status, 200);
  client.send("\r");
  server.on_io([] {});
  client.send("\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_response().status, 200);
  std::string lines;
  for (int i = 0; i < 40'000; ++i)
    lines += "\r\n";
  client.send(lines.substr(1));  // So that a half line meets the buffer's end.
  client.send("\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_response().status, 400);  // It began with a bare LF.
}

TEST(H1Request, AConnectionServesClientsOverUnixSocketsToo) {
  RunningServer::Settings settings;
  const std::string path = unix_socket_path();
  settings.endpoint = UnixEndpoint{path};
  RunningServer server(settings);
  RawClient client = RawClient::local(path);
  client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_response().status, 200);
  EXPECT_EQ(server.handler().wait_request().peer_address, "");
}

TEST(H1Request, HalfARequestIsNeverHandled) {
  RunningServer server;
  RawClient client = server.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  ASSERT_TRUE(
      server.wait_until([&] { return server.handler().heads_accepted() == 1; }));
  client.close();
  EXPECT_TRUE(server.wait_for_connections(0));
  EXPECT_EQ(server.handler().handled(), 0u);
}

}  // namespace
}  // namespace durable_streams::http::testing
