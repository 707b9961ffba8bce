// Backups of a server that is written to all the time.
#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "load.h"
#include "server_fixture.h"

namespace durable_streams::process {
namespace {

using ::testing::IsEmpty;

class BackupTest : public ServerFixture {
 protected:
  // Runs the binary with `arguments`; its exit code.
  int run(const std::string& arguments) {
    const std::string command = fmt::format(
        "{} {} >>{}/commands.log 2>&1", DURABLE_STREAMS_BINARY, arguments, directory_);
    return WEXITSTATUS(std::system(command.c_str()));
  }
};

TEST_F(BackupTest, HoldsAllThatWasAcknowledgedBeforeItBegan) {
  const auto server = start();
  ASSERT_TRUE(server->wait_until_up()) << server->output();
  Load load(server->base_url(), {.prefix = "always", .seed = 3});
  for (const std::string name : {"linked", "copied"}) {
    Load before(server->base_url(), {.prefix = name, .seed = 4});
    ASSERT_TRUE(before.wait_for_more(200));
    ClientBook& book = before.stop();

    const std::string backup = directory_ + "/" + name;
    std::filesystem::create_directory(backup);
    ASSERT_EQ(run(fmt::format("backup {}/data {}/data {}", directory_, backup,
                              name == "copied" ? "--copy" : "")),
              0);
    ASSERT_TRUE(load.wait_for_more(50));  // The server goes on.
    const ReservedPort port;
    const auto restored = start_in(backup, port.number());
    ASSERT_TRUE(restored->wait_until_up()) << restored->output();
    check_book(restored->base_url(), book, Dice(5));
    EXPECT_THAT(book.faults, IsEmpty());
    restored->signal(SIGTERM);
    EXPECT_EQ(restored->wait_for_end(), 0);
    EXPECT_EQ(run(fmt::format("check {}/data", backup)), 0);
  }
  ClientBook& book = load.stop();
  check_book(server->base_url(), book, Dice(6));
  EXPECT_THAT(book.faults, IsEmpty());
  EXPECT_EQ(run(fmt::format("check {}/data", directory_)), 0);
}

}  // namespace
}  // namespace durable_streams::process
