// RLIMIT_NOFILE 256 is enough for 100,000 streams: files of the log are few, however
// many streams there are.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "clients.h"
#include "server_fixture.h"

namespace durable_streams::process {
namespace {

constexpr int streams = 100'000;

// A connection on which many requests are sent before an answer is read.
class Pipeline {
 public:
  explicit Pipeline(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{60, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address),
        0);
  }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;
  ~Pipeline() { ::close(socket_); }

  void send(std::string_view requests) {
    while (!requests.empty()) {
      const auto sent = ::send(socket_, requests.data(), requests.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      requests.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // Reads answers without a body until `count` have come; false if not all have
  // this status.
  bool expect(int count, const std::string& status) {
    for (int answers = 0; answers < count; ++answers) {
      size_t end;
      while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
        char bytes[16 * 1024];
        const auto got = ::recv(socket_, bytes, sizeof bytes, 0);
        if (got <= 0) return false;
        received_.append(bytes, static_cast<size_t>(got));
      }
      if (!received_.starts_with("HTTP/1.1 " + status)) return false;
      received_.erase(0, end + 4);
    }
    return true;
  }

 private:
  const int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string received_;
};

class Descriptors : public ServerFixture {
 protected:
  void start_with_few() {
    server_ = start({.descriptors_max = 256});
    ASSERT_TRUE(server_->wait_until_up()) << server_->output();
  }
  static std::string path(int stream) { return fmt::format("many/{}", stream); }
  static std::string text(int stream) {
    return fmt::format("{:0>600}", stream);  // More than a segment's in all.
  }
  // On as many connections as such a server has for clients, or half of it.
  bool create_all() {
    std::vector<std::unique_ptr<Pipeline>> pipelines;
    for (int i = 0; i < 100; ++i)
      pipelines.push_back(std::make_unique<Pipeline>(port_));
    constexpr int depth = 20;
    for (int stream = 0; stream < streams;) {
      for (const auto& pipeline : pipelines) {
        std::string requests;
        for (int i = 0; i < depth; ++i, ++stream) {
          requests += fmt::format(
              "PUT /v1/streams/{} HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
              "text/plain\r\nContent-Length: 600\r\n\r\n{}",
              path(stream), text(stream));
        }
        pipeline->send(requests);
      }
      for (const auto& pipeline : pipelines) {
        if (!pipeline->expect(depth, "201")) return false;
      }
    }
    return true;
  }
  void expect_samples_and_room() {
    for (int stream = 0; stream < streams; stream += 3'337) {
      const auto page = open_stream(server_->base_url(), path(stream)).read({});
      ASSERT_TRUE(page) << page.error().message;
      ASSERT_EQ(page->body, text(stream));
    }
    EXPECT_LT(server_->open_files(), 40u);
  }

  std::unique_ptr<ServerProcess> server_;
};

TEST_F(Descriptors, AFewAreEnoughForAHundredThousandStreams) {
  start_with_few();
  ASSERT_TRUE(create_all()) << server_->output();
  expect_samples_and_room();
  server_->kill();
  start_with_few();
  expect_samples_and_room();
  EXPECT_TRUE(open_stream(server_->base_url(), path(streams))
                  .create({.content_type = "text/plain"}));
}

}  // namespace
}  // namespace durable_streams::process
