// Addresses, their errors, limits of connections and descriptors, and how
// connections are dealt to threads.
#include "http/listener.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "running_server.h"

namespace durable_streams::http::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view echo_request = "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n";

class ListenerErrors : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Listener>> open(const Endpoint& endpoint) {
    return Listener::open(endpoint, {{&connections, &handler}});
  }
  std::string error(const Endpoint& endpoint) {
    auto listener = open(endpoint);
    return listener ? "no error" : listener.error().message();
  }

  ScriptHandler handler;
  IoThread io{system_clock()};
  ConnectionSet connections{io, {}};
};

TEST_F(ListenerErrors, APortInUseIsNamed) {
  auto first = open(TcpEndpoint{"127.0.0.1", 0});
  ASSERT_TRUE(first);
  const uint16_t port = (*first)->port();
  EXPECT_THAT(error(TcpEndpoint{"127.0.0.1", port}),
              HasSubstr("port " + std::to_string(port) + " is in use on 127.0.0.1"));
  first->reset();
  EXPECT_TRUE(open(TcpEndpoint{"127.0.0.1", port}));
}

TEST_F(ListenerErrors, AnAddressMustBeNumericAndOurs) {
  EXPECT_THAT(error(TcpEndpoint{"localhost", 0}), HasSubstr("is not an IP address"));
  EXPECT_THAT(error(TcpEndpoint{"192.0.2.1", 0}), HasSubstr("no interface"));
}

TEST_F(ListenerErrors, AUnixPathMustFitAndItsDirectoryExist) {
  EXPECT_THAT(error(UnixEndpoint{"/tmp/" + std::string(108, 'x')}),
              HasSubstr("has 1 to 107 bytes"));
  EXPECT_THAT(error(UnixEndpoint{"/nowhere/at/all.sock"}),
              HasSubstr("the directory does not exist"));
}

TEST_F(ListenerErrors, AUnixSocketIsReplacedOnlyIfNobodyListens) {
  const std::string path = unix_socket_path();
  auto first = open(UnixEndpoint{path});
  ASSERT_TRUE(first);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_THAT(error(UnixEndpoint{path}), HasSubstr("in use by a running server"));
  first->reset();
  EXPECT_NE(::stat(path.c_str(), &status), 0) << "the file stays";

  // What a killed process leaves: a file that nobody listens on.
  const std::string kept = path + ".kept";
  first = open(UnixEndpoint{path});
  ASSERT_TRUE(first);
  ASSERT_EQ(::link(path.c_str(), kept.c_str()), 0);
  first->reset();
  ASSERT_EQ(::rename(kept.c_str(), path.c_str()), 0);
  EXPECT_TRUE(open(UnixEndpoint{path}));

  const int file = ::open(path.c_str(), O_CREAT | O_WRONLY, 0600);
  ASSERT_GE(file, 0);
  ::close(file);
  EXPECT_THAT(error(UnixEndpoint{path}), HasSubstr("in use"))
      << "a plain file is not ours";
  ::unlink(path.c_str());
}

TEST_F(ListenerErrors, Ipv6StandsBesideIpv4OnOnePort) {
  auto ipv6 = open(TcpEndpoint{"::1", 0});
  if (!ipv6) GTEST_SKIP() << "no IPv6 here: " << ipv6.error().message();
  EXPECT_TRUE(open(TcpEndpoint{"127.0.0.1", (*ipv6)->port()}));
  EXPECT_EQ(to_string((*ipv6)->endpoint()), "[::1]:" + std::to_string((*ipv6)->port()));
}

TEST(Listener, ServesIpv6Clients) {
  RunningServer::Settings settings;
  settings.endpoint = TcpEndpoint{"::1", 0};
  RunningServer server(settings);
  RawClient client = RawClient::tcp6(server.listener().port());
  client.send(echo_request);
  EXPECT_EQ(client.read_response().status, 200);
  EXPECT_EQ(server.handler().wait_request().peer_address, "::1");
}

TEST(Listener, LetsConnectionsBeyondTheLimitWait) {
  RunningServer::Settings settings;
  settings.connections_max = 2;
  RunningServer server(settings);
  RawClient first = server.connect();
  RawClient second = server.connect();
  RawClient third = server.connect();
  second.send(echo_request);
  EXPECT_EQ(second.read_response().status, 200);
  third.send(echo_request);
  EXPECT_TRUE(server.wait_until([&] { return server.listener().pauses() > 0; }));
  EXPECT_EQ(server.handler().handled(), 1u);
  EXPECT_EQ(server.connections().size(), 2u);
  first.close();
  ASSERT_TRUE(server.wait_for_connections(1));
  server.advance(1000);
  EXPECT_EQ(third.read_response().status, 200);
}

#ifndef SANITIZER_NEEDS_DESCRIPTORS  // CMakeLists.txt says why.
TEST(Listener, GoesOnAfterRunningOutOfDescriptors) {
  RunningServer server;
  RawClient before = server.connect();
  before.send(echo_request);
  EXPECT_EQ(before.read_response().status, 200);

  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
  const int next = ::dup(0);  // Descriptors are dealt from the lowest on.
  ::close(next);
  const rlimit scarce{static_cast<rlim_t>(next) + 1, usual.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &scarce), 0);
  RawClient waiting = server.connect();  // Takes the last descriptor.
  ASSERT_TRUE(waiting.is_connected());
  waiting.send(echo_request);
  EXPECT_TRUE(server.wait_until([&] { return server.listener().pauses() > 0; }));
  before.send(echo_request);
  EXPECT_EQ(before.read_response().status, 200);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &usual), 0);
  server.advance(1000);
  EXPECT_EQ(waiting.read_response().status, 200);
}
#endif

TEST(Listener, DealsConnectionsEvenlyToThreads) {
  constexpr size_t thread_count = 3;
  struct Lot {
    IoThread io{system_clock()};
    ScriptHandler handler;
    ConnectionSet connections{io, {}};
    std::thread thread;
  };
  std::array<Lot, thread_count> lots;
  std::vector<Lane> lanes;
  for (Lot& lot : lots)
    lanes.push_back({&lot.connections, &lot.handler});
  auto listener = Listener::open(TcpEndpoint{"127.0.0.1", 0}, lanes);
  ASSERT_TRUE(listener);
  for (Lot& lot : lots)
    lot.thread = std::thread([&lot] { lot.io.run(); });

  std::vector<RawClient> clients;
  for (size_t i = 0; i < 4 * thread_count; ++i) {
    clients.push_back(RawClient::tcp((*listener)->port()));
    clients.back().send(echo_request);
    EXPECT_EQ(clients.back().read_response().status, 200);
  }
  for (Lot& lot : lots) {
    EXPECT_EQ(lot.connections.size(), 4u);
    EXPECT_EQ(lot.handler.handled(), 4u);
    lot.io.stop();
  }
  for (Lot& lot : lots)
    lot.thread.join();
}

}  // namespace
}  // namespace durable_streams::http::testing
