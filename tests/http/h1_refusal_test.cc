// What is refused, with which status, and that the connection ends after it:
// malformed requests, limits, and everything that two readers of the same bytes
// could understand differently (request smuggling).
#include <gtest/gtest.h>

#include "running_server.h"

namespace durable_streams::http::testing {
namespace {

struct Case {
  const char* name;
  std::string bytes;
  int status;
  const char* code;
};

void PrintTo(const Case& refused, std::ostream* out) {
  *out << refused.name;
}

std::string get(const std::string& fields) {
  return "GET /echo HTTP/1.1\r\n" + fields + "\r\n";
}
std::string post(const std::string& fields, const std::string& body = {}) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}

class RefusedRequest : public ::testing::TestWithParam<Case> {};

TEST_P(RefusedRequest, IsAnsweredAndEndsTheConnection) {
  RunningServer server;
  RawClient client = server.connect();
  // What could be taken for a second request must not be served.
  client.send(GetParam().bytes + "GET /echo?smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, GetParam().status);
  EXPECT_EQ(response.body, GetParam().code);
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_TRUE(client.is_at_end());
  EXPECT_EQ(server.handler().handled(), 0u);
}

const Case malformed[] = {
    {"Garbage", "\x16\x03\x01\r\n\r\n", 400, "malformed_request"},
    {"BareLineFeeds", "GET /echo HTTP/1.1\nHost: a\n\n", 400, "malformed_request"},
    {"NoHost", get(""), 400, "invalid_host"},
    {"NoHostBesideAnAbsoluteTarget", "GET http://a/ HTTP/1.1\r\n\r\n", 400,
     "invalid_host"},
    {"TwoHosts", get("Host: a\r\nHost: b\r\n"), 400, "duplicate_header"},
    {"TwoHostsBesideAnAbsoluteTarget",
     "GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "duplicate_header"},
    {"HostWithUserInformation", get("Host: user@a\r\n"), 400, "invalid_host"},
    {"HostWithPath", get("Host: a/b\r\n"), 400, "invalid_host"},
    {"Http2", "GET /echo HTTP/2.0\r\nHost: a\r\n\r\n", 505,
     "http_version_not_supported"},
    {"NoVersion", "GET /echo\r\nHost: a\r\n\r\n", 400, "malformed_request"},
    {"RelativeTarget", "GET echo HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid_target"},
    {"AuthorityTarget", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400,
     "invalid_target"},
    {"TargetWithUserInformation", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400,
     "invalid_target"},
    {"TargetWithFragment", "GET /echo#x HTTP/1.1\r\nHost: a\r\n\r\n", 400,
     "invalid_target"},
    {"FoldedLine", get("Host: a\r\nAccept: a\r\n  b\r\n"), 400, "folded_header"},
    {"FieldWithoutColon", get("Host: a\r\nAccept\r\n"), 400, "malformed_request"},
    {"SpaceBeforeColon", get("Host: a\r\nAccept : b\r\n"), 400, "malformed_request"},
    {"ControlCharacterInValue", get("Host: a\r\nAccept: \x01\r\n"), 400,
     "malformed_request"},
    {"TwoProducerIds", get("Host: a\r\nProducer-Id: x\r\nproducer-id: x\r\n"), 400,
     "duplicate_header"},
    {"UnknownExpectation", post("Expect: magic\r\n"), 417, "expectation_failed"},
};
INSTANTIATE_TEST_SUITE_P(Malformed, RefusedRequest, ::testing::ValuesIn(malformed),
                         [](const auto& tested) { return tested.param.name; });

const Case smuggling[] = {
    {"LengthAndChunked",
     post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400,
     "invalid_transfer_encoding"},
    {"ChunkedAndLength",
     post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400,
     "invalid_content_length"},
    {"TwoLengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400,
     "invalid_content_length"},
    {"TheSameLengthTwice", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
     400, "duplicate_header"},
    {"ListedLength", post("Content-Length: 5, 5\r\n", "hello"), 400,
     "invalid_content_length"},
    {"SignedLength", post("Content-Length: +5\r\n", "hello"), 400,
     "invalid_content_length"},
    {"NegativeLength", post("Content-Length: -5\r\n", "hello"), 400,
     "invalid_content_length"},
    {"HexLength", post("Content-Length: 0x5\r\n", "hello"), 400,
     "invalid_content_length"},
    {"EmptyLength", post("Content-Length:\r\n", "hello"), 400,
     "invalid_content_length"},
    {"OverflowingLength", post("Content-Length: 18446744073709551621\r\n", "hello"),
     400, "invalid_content_length"},
    {"UnknownEncoding", post("Transfer-Encoding: gzip\r\n", "hello"), 501,
     "transfer_encoding_not_supported"},
    {"EncodingList", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501,
     "transfer_encoding_not_supported"},
    {"NearlyChunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501,
     "transfer_encoding_not_supported"},
    {"ChunkedTwice",
     post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
     400, "invalid_transfer_encoding"},
    {"ChunkedInHttp10",
     "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
     "invalid_transfer_encoding"},
};
INSTANTIATE_TEST_SUITE_P(Smuggling, RefusedRequest, ::testing::ValuesIn(smuggling),
                         [](const auto& tested) { return tested.param.name; });

// These show after the head was accepted.
const Case bad_chunks[] = {
    {"ChunkSizeNotHex", post("Transfer-Encoding: chunked\r\n", "x\r\n"), 400,
     "invalid_chunk"},
    {"ChunkSizeTooLong",
     post("Transfer-Encoding: chunked\r\n", "11111111111111111\r\nx\r\n"), 400,
     "invalid_chunk"},
    {"ChunkWithoutItsEnd",
     post("Transfer-Encoding: chunked\r\n", "1\r\nxy\r\n0\r\n\r\n"), 400,
     "invalid_chunk"},
    {"LengthInTrailer",
     post("Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 5\r\n\r\n"), 400,
     "invalid_content_length"},
};
INSTANTIATE_TEST_SUITE_P(Chunks, RefusedRequest, ::testing::ValuesIn(bad_chunks),
                         [](const auto& tested) { return tested.param.name; });

// --- Limits ---

RunningServer::Settings with_limits(size_t header_bytes, size_t headers,
                                    size_t body_bytes) {
  RunningServer::Settings settings;
  settings.connections.parser = {header_bytes, headers, body_bytes};
  return settings;
}

TEST(H1Limits, AHeaderSectionAtTheLimitIsServedAndOneByteMoreRefused) {
  RunningServer server(with_limits(500, 64, 1000));
  const std::string without_padding = get("Host: a\r\nX: \r\n");
  const auto padded_to = [&](size_t bytes) {
    return get("Host: a\r\nX: " + std::string(bytes - without_padding.size(), 'p') +
               "\r\n");
  };
  RawClient client = server.connect();
  client.send(padded_to(500));
  EXPECT_EQ(client.read_response().status, 200);
  client.send(padded_to(501));
  EXPECT_EQ(client.read_response().status, 431);
  EXPECT_TRUE(client.is_at_end());
}

TEST(H1Limits, AHeaderSectionWithoutEndIsRefused) {
  for (const std::string& endless :
       {"GET /" + std::string(20'000, 'a'),
        get("Host: a\r\nX: " + std::string(20'000, 'a')),
        "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'a')}) {
    RunningServer server;
    RawClient client = server.connect();
    client.send(endless);
    EXPECT_EQ(client.read_response().status, 431);
    EXPECT_TRUE(client.is_at_end());
  }
}

TEST(H1Limits, AHeaderSectionThatGrowsFieldByFieldIsRefused) {
  RunningServer server(with_limits(200, 1000, 1000));
  RawClient client = server.connect();
  client.send("GET / HTTP/1.1\r\n");
  for (int i = 0; i < 100; ++i)
    client.send("A" + std::to_string(i) + ": b\r\n");
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, 431);
  EXPECT_EQ(response.body, "header_too_large");
}

TEST(H1Limits, TooManyFieldsAreRefused) {
  RunningServer server(with_limits(4000, 4, 1000));
  RawClient client = server.connect();
  client.send(get("Host: a\r\nA: 1\r\nB: 2\r\nC: 3\r\n"));
  EXPECT_EQ(client.read_response().status, 200);
  client.send(get("Host: a\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n"));
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, 431);
  EXPECT_EQ(response.body, "too_many_headers");
}

TEST(H1Limits, ABodyAtTheLimitIsServedAndOneByteMoreRefused) {
  RunningServer server(with_limits(1000, 64, 100));
  RawClient client = server.connect();
  client.send(post("Content-Length: 100\r\n", std::string(100, 'b')));
  EXPECT_EQ(client.read_response().status, 200);
  client.send(post("Transfer-Encoding: chunked\r\n",
                   "64\r\n" + std::string(100, 'b') + "\r\n0\r\n\r\n"));
  EXPECT_EQ(client.read_response().status, 200);
  // Refused by its announcement: the body need not come.
  client.send(post("Content-Length: 101\r\n"));
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.body, "body_too_large");
  EXPECT_TRUE(client.is_at_end());
}

TEST(H1Limits, AChunkedBodyIsRefusedWhereItPassesTheLimit) {
  RunningServer server(with_limits(1000, 64, 100));
  RawClient client = server.connect();
  client.send(post("Transfer-Encoding: chunked\r\n",
                   "32\r\n" + std::string(50, 'b') + "\r\n33\r\n"));
  EXPECT_EQ(client.read_response().status, 413);
  EXPECT_TRUE(client.is_at_end());
  EXPECT_EQ(server.handler().handled(), 0u);
}

TEST(H1Limits, AChunkLineOrTrailerWithoutEndIsRefused) {
  for (const std::string start : {"5;", "0\r\nX: "}) {
    RunningServer server;
    RawClient client = server.connect();
    client.send(
        post("Transfer-Encoding: chunked\r\n", start + std::string(60'000, 'x')));
    EXPECT_EQ(client.read_response().status, 400);
    EXPECT_TRUE(client.is_at_end());
  }
}

TEST(H1Refusal, ReachesAClientThatIsStillSending) {
  RunningServer server(with_limits(1000, 64, 100));
  RawClient client = server.connect();
  client.send(post("Content-Length: 10000000\r\n"));
  for (int i = 0; i < 20; ++i)
    client.send(std::string(100'000, 'b'));
  EXPECT_EQ(client.read_response().status, 413);
  EXPECT_TRUE(client.is_at_end());
}

}  // namespace
}  // namespace durable_streams::http::testing
