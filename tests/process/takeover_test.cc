// A second server on the same data directory and port waits, and takes over when
// the first ends, in whatever way, under clients that append all the time.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "load.h"
#include "server_fixture.h"

namespace durable_streams::process {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class TakeoverTest : public ServerFixture {};

TEST_F(TakeoverTest, NoAcknowledgedWriteIsLostDoubledOrRefused) {
  auto serving = start();
  ASSERT_TRUE(serving->wait_until_up()) << serving->output();
  Load load(serving->base_url(), {.seed = 7});
  ASSERT_TRUE(load.wait_for_more(100));

  for (const int ending : {SIGTERM, SIGKILL, SIGTERM, SIGKILL}) {
    auto waiting = start();
    ASSERT_TRUE(waiting->wait_for_output("waiting for")) << waiting->output();
    ASSERT_TRUE(load.wait_for_more(100));  // The first goes on as before.
    serving->signal(ending);
    EXPECT_EQ(serving->wait_for_end(), ending == SIGTERM ? 0 : 128 + SIGKILL);
    ASSERT_TRUE(waiting->wait_until_up()) << waiting->output();
    ASSERT_TRUE(load.wait_for_more(100)) << waiting->output();
    serving = std::move(waiting);
  }
  ClientBook& book = load.stop();
  check_book(serving->base_url(), book, Dice(7));
  EXPECT_THAT(book.faults, IsEmpty());
}

TEST_F(TakeoverTest, OfSeveralThatWaitOneTakesOver) {
  auto serving = start();
  ASSERT_TRUE(serving->wait_until_up());
  auto second = start();
  auto third = start();
  ASSERT_TRUE(second->wait_for_output("waiting for"));
  ASSERT_TRUE(third->wait_for_output("waiting for"));
  serving->signal(SIGKILL);
  const auto serves = [](const ServerProcess& server) {
    return server.output().find("listening on") != std::string::npos;
  };
  ASSERT_TRUE(wait_until([&] { return serves(*second) || serves(*third); }));
  EXPECT_NE(serves(*second), serves(*third));
  ServerProcess& other = serves(*second) ? *third : *second;
  other.signal(SIGTERM);  // Who waits can be told not to.
  EXPECT_EQ(other.wait_for_end(), 128 + SIGTERM);
}

// The lock and the port of an owner that gives them back one after the other.
TEST_F(TakeoverTest, APortThatIsFreeALittleLaterIsWaitedFor) {
  const std::string data_dir = directory_ + "/data";
  std::filesystem::create_directory(data_dir);
  const int lock =
      ::open((data_dir + "/LOCK").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;  // As the port is reserved for the test.
  ASSERT_EQ(::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(socket, 1), 0);

  const auto server = start();
  ASSERT_TRUE(server->wait_for_output("waiting for")) << server->output();
  ::close(lock);
  ASSERT_TRUE(server->wait_for_output("trying again")) << server->output();
  ::close(socket);
  EXPECT_TRUE(server->wait_until_up()) << server->output();
}

TEST_F(TakeoverTest, AnotherServersPortIsSaidAtOnceWithoutATakeover) {
  const auto serving = start();
  ASSERT_TRUE(serving->wait_until_up());
  const std::string elsewhere = directory_ + "/other";
  std::filesystem::create_directory(elsewhere);
  ServerProcess other({.binary = DURABLE_STREAMS_BINARY, .directory = elsewhere},
                      port_);
  other.start();
  EXPECT_EQ(other.wait_for_end(), 1);
  EXPECT_THAT(other.output(), HasSubstr("is in use"));
  EXPECT_THAT(other.output(), Not(HasSubstr("trying again")));
}

}  // namespace
}  // namespace durable_streams::process
