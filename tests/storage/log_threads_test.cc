// The log engine with its own threads, on the machine's disk, used by several
// threads at once.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <thread>

#include "engine_driver.h"
#include "interleaving_file_system.h"
#include "storage/log_engine.h"
#include "testing/manual_clock.h"

namespace durable_streams::storage {
namespace {

class LogThreads : public ::testing::Test {
 protected:
  LogThreads() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "log_threads_test.XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~LogThreads() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<LogEngine> open() {
    auto opened = LogEngine::open({.data_dir = directory_ + "/data",
                                   .file_system = posix_file_system(),
                                   .clock = system_clock(),
                                   .segment_bytes = 16 * 1024,
                                   .tidying = {.rules = many_runs}});
    EXPECT_TRUE(opened) << opened.error().message();
    return std::move(*opened);
  }

  // False if the condition does not come true in more time than any disk takes.
  template <class Condition>
  static bool wait_until(Condition holds) {
    const auto gives_up = std::chrono::steady_clock::now() + std::chrono::minutes(5);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > gives_up) return false;
      std::this_thread::yield();
    }
    return true;
  }

  static constexpr TidyRules many_runs{.fold_bytes = 16 * 1024,
                                       .fan_in = 3,
                                       .run_bytes_max = 1024 * 1024,
                                       .dead_bytes_min = 1024};

  size_t files_in(const char* name) const {
    const std::filesystem::directory_iterator files(directory_ + "/data/" + name);
    return static_cast<size_t>(std::distance(begin(files), end(files)));
  }
  // Descriptors of this process that name a file of the data directory.
  size_t open_files() const {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const auto target = std::filesystem::read_symlink(entry.path(), gone);
      if (!gone && target.string().starts_with(directory_)) ++count;
    }
    return count;
  }

  // "<writer> <number>;" of each writer must stand in order, without gaps.
  static void expect_in_order(const std::string& text, std::vector<int>& next) {
    for (size_t at = 0; at < text.size();) {
      const size_t end = text.find(';', at);
      ASSERT_NE(end, std::string::npos) << "half a message";
      int writer = -1;
      int number = -1;
      ASSERT_EQ(std::sscanf(text.c_str() + at, "%d %d;", &writer, &number), 2);
      ASSERT_EQ(number, next.at(static_cast<size_t>(writer))++);
      at = end + 1;
    }
  }

  std::string directory_;
};

TEST_F(LogThreads, TheTidierComesToRestWithFewFilesAndFewOfThemOpen) {
  const std::unique_ptr<LogEngine> engine = open();
  EngineDriver driver(*engine, nullptr);
  driver.create("a");
  for (int i = 0; i < 200; ++i)
    driver.append("a", std::string(2000, 'x'));
  // The active segment, the next one, and less than is worth a run.
  EXPECT_TRUE(wait_until([&] {
    EXPECT_EQ(driver.read_all("a", 3000).size(), 400'000u);
    // The lock, two segments that are written, four that are read, a merge's.
    EXPECT_LE(open_files(), 1 + 2 + 4 + many_runs.fan_in + 1);
    return HasFailure() || files_in("log") <= 4;
  }));
  EXPECT_EQ(driver.read_all("a", 3000).size(), 400'000u);
}

TEST_F(LogThreads, WritersAndReadersMeetWithoutLossOrDisorder) {
  constexpr int writers = 4;
  constexpr int messages = 400;
  constexpr int streams = 3;
  {
    const std::unique_ptr<LogEngine> engine = open();
    // Their homes outlive the engine's threads.
    std::deque<EngineDriver> drivers;
    for (int i = 0; i <= writers; ++i)
      drivers.emplace_back(*engine, nullptr);
    EngineDriver& setup = drivers.back();
    for (int i = 0; i < streams; ++i)
      setup.create("s" + std::to_string(i));

    std::atomic<int> writing{writers};
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; ++writer) {
      threads.emplace_back([&, writer] {
        EngineDriver& driver = drivers[static_cast<size_t>(writer)];
        for (int number = 0; number < messages; ++number) {
          const std::string text =
              std::to_string(writer) + " " + std::to_string(number) + ";";
          for (int i = 0; i < streams; ++i) {
            driver.begin_append("s" + std::to_string(i), text);
          }
          if (number % 7 == 0) driver.settle_all();
        }
        driver.settle_all();
        --writing;
      });
    }
    for (int i = 0; i < streams; ++i) {
      threads.emplace_back([&, i] {
        const StreamHandle stream = engine->find("s" + std::to_string(i));
        std::vector<int> next(writers);
        protocol::Offset from;
        for (bool last = false; !last;) {
          last = writing == 0;
          std::string text;
          const auto page = engine->read(*stream, from, 4096);
          ASSERT_TRUE(page) << page.error().message();
          for (const SharedBytes& chunk : page->chunks)
            text += chunk.view();
          expect_in_order(text, next);
          from = page->next;
          last = last && page->at_tail;
        }
        EXPECT_EQ(next, std::vector<int>(writers, messages));
      });
    }
    for (std::thread& thread : threads)
      thread.join();
    EXPECT_TRUE(engine->health());
    engine->close();
  }
  const std::unique_ptr<LogEngine> engine = open();
  EngineDriver driver(*engine, nullptr);
  EXPECT_EQ(engine->recovery_report().torn_bytes, 0u);
  for (int i = 0; i < streams; ++i) {
    std::vector<int> next(writers);
    expect_in_order(driver.read_all("s" + std::to_string(i)), next);
    EXPECT_EQ(next, std::vector<int>(writers, messages));
  }
}

// A lone writer's appends, each a burst of its own; tells how many operations on
// files this thread has had to do for them, and how many others did.
class LoneWriter : public LogThreads {
 protected:
  LoneWriter() {
    auto opened = LogEngine::open({.data_dir = directory_ + "/data",
                                   .file_system = files_,
                                   .clock = clock_,
                                   .segment_bytes = 256 * 1024});
    EXPECT_TRUE(opened) << opened.error().message();
    engine_ = std::move(*opened);
    driver_.emplace(*engine_, nullptr);
    driver_->create("a");
    mine_ = 0;
  }

  void append(const std::string& text, bool thread_is_idle) {
    const int mine_before = mine_;
    others_at_rest_ = others_;
    engine_->begin_burst();
    const Pending pending = driver_->begin_append("a", text);
    engine_->end_burst(thread_is_idle);
    driver_->settle(pending);
    ASSERT_EQ(pending->receipt.settlement, Settlement::committed);
    if (mine_ == mine_before) others_at_rest_ += 2;  // A write and a sync.
    written_ += text;
  }

  // Until this thread has used a file, or for `appends_max`.
  void append_until_here(const std::string& text, int appends_max) {
    for (int i = 0; i < appends_max && mine_ == 0; ++i)
      append(text, true);
  }

  // Waits for what others do when the last append is over: the mark. Its quiet time
  // may have passed before this is called.
  bool mark_is_begun() {
    return wait_until([this] { return others_ > others_at_rest_; });
  }

  testing::ManualClock clock_;  // Every commit takes no time at all.
  const std::thread::id me_ = std::this_thread::get_id();
  int mine_ = 0;
  std::atomic<int> others_{0};
  int others_at_rest_ = 0;  // Without what follows the last append.
  InterleavingFileSystem files_{posix_file_system(), [this] {
                                  if (std::this_thread::get_id() == me_) {
                                    ++mine_;
                                  } else {
                                    ++others_;
                                  }
                                }};
  std::unique_ptr<LogEngine> engine_;
  std::optional<EngineDriver> driver_;
  std::string written_;
};

TEST_F(LoneWriter, CommitsOnItsOwnThreadWhenThatIsIdle) {
  append_until_here("text", 100'000);
  EXPECT_EQ(mine_, 2);  // A write and a sync.
  EXPECT_EQ(driver_->read_all("a"), written_);
}

TEST_F(LoneWriter, LeavesTheMarkToTheCommitter) {
  append_until_here("text", 100'000);
  // Until it waits for nothing. Then it has to be told that a mark is due again.
  mine_ = 0;
  int turns = 0;
  EXPECT_TRUE(wait_until([&] {
    EXPECT_TRUE(mark_is_begun());
    // It is still writing the mark: each time it is given longer to fall asleep.
    for (int turn = 0; turn < turns; ++turn)
      std::this_thread::yield();
    turns += 100;
    append("text", true);
    return HasFailure() || mine_ > 0;
  }));
  EXPECT_EQ(mine_, 2);
  EXPECT_TRUE(mark_is_begun());
}

TEST_F(LoneWriter, LeavesItToTheCommitterWhenItsThreadHasOthersToServe) {
  for (int i = 0; i < 200; ++i)
    append("text", false);
  EXPECT_EQ(mine_, 0);
}

TEST_F(LoneWriter, NeitherWritesMuchNorGoesOnInTheNextSegment) {
  const std::string much(70 * 1024, 'x');
  append_until_here("text", 100'000);
  mine_ = 0;
  for (int i = 0; i < 3; ++i)
    append(much, true);
  // Now little is left of the segment.
  for (int i = 0; i < 200; ++i)
    append("text", true);
  append(much, true);
  EXPECT_EQ(mine_, 0);
  mine_ = 0;
  EXPECT_EQ(driver_->read_all("a"), written_);
}

TEST_F(LogThreads, ClosingSettlesAllThatWasAdmitted) {
  const std::unique_ptr<LogEngine> engine = open();
  EngineDriver driver(*engine, nullptr);
  driver.create("a");
  std::vector<Pending> pending;
  for (int i = 0; i < 100; ++i)
    pending.push_back(driver.begin_append("a", "text"));
  engine->close();
  driver.home().queue.drain();
  for (const Pending& one : pending) {
    ASSERT_TRUE(one->is_settled);
    EXPECT_EQ(one->receipt.settlement, Settlement::committed);
  }
}

}  // namespace
}  // namespace durable_streams::storage
