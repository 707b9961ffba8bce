// What the kernel may do to a call: take a part of a write, interrupt it, have no
// descriptor left, or refuse.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/file_system.h"

namespace durable_streams {
namespace {

// Sets a limit of the process, until it is destroyed.
class SoftLimit {
 public:
  SoftLimit(decltype(RLIMIT_FSIZE) resource, rlim_t limit) : resource_(resource) {
    getrlimit(resource_, &before_);
    rlimit lowered = before_;
    lowered.rlim_cur = limit;
    EXPECT_EQ(setrlimit(resource_, &lowered), 0);
  }
  ~SoftLimit() { setrlimit(resource_, &before_); }

 private:
  const decltype(RLIMIT_FSIZE) resource_;
  rlimit before_{};
};

// Handles a signal, until it is destroyed; calls that it interrupts are not restarted.
class Handler {
 public:
  Handler(int signal, void (*handle)(int)) : signal_(signal) {
    struct sigaction action {};
    action.sa_handler = handle;
    sigaction(signal_, &action, &before_);
  }
  ~Handler() { sigaction(signal_, &before_, nullptr); }

 private:
  const int signal_;
  struct sigaction before_ {};
};

class FileSystemTrouble : public ::testing::Test {
 protected:
  FileSystemTrouble() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "file_system_trouble.XXXXXX")
            .string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~FileSystemTrouble() override { std::filesystem::remove_all(directory_); }

  FileSystem& files_ = posix_file_system();
  std::string directory_;
};

// A file may not grow beyond the limit: the kernel writes what fits and says so, and
// refuses the rest when it is asked again.
TEST_F(FileSystemTrouble, AShortWriteIsGoneOnWithUntilItFails) {
  const Handler ignore(SIGXFSZ, SIG_IGN);
  auto file = files_.open_writable(directory_ + "/a", OpenMode::create);
  ASSERT_TRUE(file);
  const std::string first(3'000, 'a');
  const std::string second(3'000, 'b');
  const std::string_view pieces[] = {first, second};
  Result<void> written;
  Result<void> filled;
  {
    const SoftLimit limit(RLIMIT_FSIZE, 4'096);
    written = (*file)->write_at(0, pieces);
    filled = (*file)->fill_zero(10'000);
  }
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, std::error_code(EFBIG, std::system_category()));
  EXPECT_THAT(written.error().detail, ::testing::HasSubstr(directory_ + "/a"));
  EXPECT_FALSE(filled);
  EXPECT_EQ(*(*file)->size(), 4'096u) << "what there was room for";

  // Room again: the same call puts all of it there.
  ASSERT_TRUE((*file)->write_at(0, pieces));
  std::string bytes(6'001, '?');
  EXPECT_EQ(*(*file)->read_at(0, bytes.data(), bytes.size()), 6'000u);
  EXPECT_EQ(bytes.substr(0, 6'000), first + second);
}

std::atomic<int> interruptions{0};

// Opening a FIFO waits for its other end, so a signal can interrupt it.
TEST_F(FileSystemTrouble, AnInterruptedCallIsMadeAgain) {
  const Handler count(SIGUSR1, [](int) { ++interruptions; });
  const std::string path = directory_ + "/fifo";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  std::atomic<bool> done{false};
  std::error_code error;
  std::thread reader([&] {
    if (auto file = files_.open_readable(path); !file) error = file.error().code;
    done = true;
  });
  const int before = interruptions;
  while (!done && interruptions < before + 20) {
    pthread_kill(reader.native_handle(), SIGUSR1);
    std::this_thread::yield();
  }
  int writer = -1;
  while (!done && writer < 0)  // ENXIO until the reader waits.
    writer = open(path.c_str(), O_WRONLY | O_NONBLOCK);
  reader.join();
  if (writer >= 0) close(writer);
  EXPECT_FALSE(error) << error.message();
}

TEST_F(FileSystemTrouble, WithoutDescriptorsOpeningFailsAndNamesTheFile) {
  ASSERT_TRUE(files_.open_writable(directory_ + "/a", OpenMode::create));
  Result<std::unique_ptr<ReadableFile>> opened;
  {
    const int lowest_free = dup(0);
    close(lowest_free);
    const SoftLimit limit(RLIMIT_NOFILE, static_cast<rlim_t>(lowest_free));
    opened = files_.open_readable(directory_ + "/a");
  }
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, std::error_code(EMFILE, std::system_category()));
  EXPECT_THAT(opened.error().detail, ::testing::HasSubstr(directory_ + "/a"));
  EXPECT_TRUE(files_.open_readable(directory_ + "/a"));
}

}  // namespace
}  // namespace durable_streams
