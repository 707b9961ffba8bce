// What has expired gives its space back to the file system, though nobody asks for
// it and the server was killed meanwhile.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <csignal>

#include "clients.h"
#include "server_fixture.h"

namespace durable_streams::process {
namespace {

constexpr uint64_t mebibyte = uint64_t{1} << 20;

class ExpiredSpace : public ServerFixture {
 protected:
  // On the disk, not as files' sizes tell.
  uint64_t used_bytes() const {
    uint64_t blocks = 0;
    std::error_code vanished;
    std::filesystem::recursive_directory_iterator file(directory_ + "/data", vanished);
    for (; file != std::filesystem::recursive_directory_iterator();
         file.increment(vanished)) {
      struct stat status {};
      if (::stat(file->path().c_str(), &status) == 0)
        blocks += static_cast<uint64_t>(status.st_blocks);
    }
    return blocks * 512;
  }
};

TEST_F(ExpiredSpace, ReturnsToTheFileSystem) {
  auto server = start();
  ASSERT_TRUE(server->wait_until_up()) << server->output();
  auto kept = open_stream(server->base_url(), "kept");
  ASSERT_TRUE(kept.create({.content_type = "text/plain"}, "still here"));
  constexpr int appends = 220;
  constexpr int ttl_seconds = 10;  // More than one of them takes on a slow disk.
  auto brief = open_stream(server->base_url(), "brief");
  ASSERT_TRUE(brief.create({.content_type = "text/plain", .ttl_seconds = ttl_seconds}));
  for (int i = 0; i < appends; ++i) {
    const auto done =
        brief.append(std::string(mebibyte, 'x'), {.content_type = "text/plain"});
    ASSERT_TRUE(done) << done.error().message;
  }
  EXPECT_GT(used_bytes(), appends * mebibyte);
  server->kill();
  server = start();
  ASSERT_TRUE(server->wait_until_up()) << server->output();
  // What is left: the segment that is written, the one that is made ahead, the
  // reserve, and at most half a segment that is sealed and waits to be tidied.
  EXPECT_TRUE(wait_until([&] { return used_bytes() < 162 * mebibyte; }))
      << used_bytes() / mebibyte << " MiB are left\n"
      << server->output();
  const auto gone = open_stream(server->base_url(), "brief").read({});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().status, 404);
  const auto page = open_stream(server->base_url(), "kept").read({});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->body, "still here");
}

}  // namespace
}  // namespace durable_streams::process
