// The real binary on a disk that is full or fails (bad_disk.cc): the rows of
// docs/durability.md, "When the disk is in trouble", as a client sees them.
#include <gmock/gmock.h>

#include <csignal>
#include <fstream>

#include "clients.h"
#include "server_fixture.h"

namespace durable_streams::process {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

class DiskTrouble : public ServerFixture {
 protected:
  void start_on_bad_disk() {
    server_ = start({.preload = DURABLE_STREAMS_BAD_DISK});
    ASSERT_TRUE(server_->wait_until_up()) << server_->output();
  }
  void stop() {
    server_->signal(SIGTERM);
    EXPECT_EQ(server_->wait_for_end(), 0);
  }
  void begin(const std::string& trouble) {
    std::ofstream(directory_ + "/" + trouble).close();
  }
  void end(const std::string& trouble) {
    std::filesystem::remove(directory_ + "/" + trouble);
  }

  client::Stream stream(const std::string& path) {
    return open_stream(server_->base_url(), path);
  }
  // 0: it is there.
  int create(const std::string& path) {
    const auto made = stream(path).create({.content_type = "text/plain"});
    return made ? 0 : made.error().status;
  }
  int append(const std::string& path, const std::string& text) {
    const auto done = stream(path).append(text, {.content_type = "text/plain"});
    return done ? 0 : done.error().status;
  }
  std::string read(const std::string& path) {
    const auto page = stream(path).read({});
    return page ? page->body : "error: " + page.error().message;
  }

  std::unique_ptr<ServerProcess> server_;
};

TEST_F(DiskTrouble, AFullDiskIsSaidAndWritesResumeWithoutARestart) {
  start_on_bad_disk();
  ASSERT_EQ(create("a"), 0);
  ASSERT_EQ(create("b"), 0);
  ASSERT_EQ(append("a", "before,"), 0);
  stop();
  // The segment that was made ahead is taken, and no other can be made.
  begin("full_disk");
  start_on_bad_disk();
  std::string expected = "before,";
  ASSERT_TRUE(wait_until([&] {
    const int status = append("a", "soon,");
    if (status == 0) expected += "soon,";
    return status == 507;
  }));
  EXPECT_EQ(create("c"), 507);
  EXPECT_EQ(read("a"), expected);
  EXPECT_TRUE(stream("b").remove());
  EXPECT_FALSE(stream("b").head());
  end("full_disk");
  ASSERT_TRUE(wait_until([&] { return append("a", "after,") == 0; }));
  EXPECT_EQ(read("a"), expected + "after,");
  stop();
}

// A write or a sync that fails: nobody knows what is on the disk.
TEST_F(DiskTrouble, AFailedWriteOrSyncEndsTheServerWithAReasonAndLosesNothing) {
  for (const std::string action : {"write", "sync"}) {
    SCOPED_TRACE(action);
    start_on_bad_disk();
    ASSERT_EQ(create(action), 0);
    ASSERT_EQ(append(action, "first,"), 0);
    begin("failing_" + action + "s");
    EXPECT_EQ(append(action, "second,"), 503);
    EXPECT_EQ(server_->wait_for_end(), 1);
    EXPECT_THAT(server_->output(), HasSubstr("storage failed: " + action));
    end("failing_" + action + "s");
    start_on_bad_disk();
    EXPECT_THAT(read(action), AnyOf("first,", "first,second,"));
    stop();
  }
}

TEST_F(DiskTrouble, AFailedReadIsThatRequestsAlone) {
  start_on_bad_disk();
  ASSERT_EQ(create("a"), 0);
  ASSERT_EQ(append("a", "text"), 0);
  begin("failing_reads");
  const auto page = stream("a").read({});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().status, 500);
  EXPECT_EQ(append("a", ", more"), 0);
  end("failing_reads");
  EXPECT_EQ(read("a"), "text, more");
  stop();
}

}  // namespace
}  // namespace durable_streams::process
