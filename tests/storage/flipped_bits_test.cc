// Every bit of a small store flipped, one at a time, in each of its files: the open
// fails and says why, or a read does and other streams are as they were, or nothing is
// different. Never are bytes shown that were not written.
#include <gmock/gmock.h>

#include <sstream>

#include "crash_store.h"
#include "sample_step.h"
#include "storage/errc.h"

namespace durable_streams::storage {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

// The parameter: which bit of each byte.
class FlippedBits : public ::testing::TestWithParam<unsigned> {
 protected:
  // Streams that share segments and runs; the newest changes are in the log alone.
  void fill() {
    Store store(disk_, clock_);
    ASSERT_TRUE(store.engine);
    EngineDriver& streams = *store.driver;
    streams.create("a", {}, "first,");
    streams.create("b", {.ttl_seconds = 9}, "other,");
    streams.append("a", "second,", {.producer = protocol::ProducerTuple{"p", 0, 0}});
    streams.append("b", "more,", {.stream_seq = protocol::ScopedSeq{"app", "0001"}});
    streams.create("c");
    streams.append("c", "gone");
    streams.remove("c");
    store.engine->close();
  }
  // Restarts seal segments.
  void tidy() {
    Store store(disk_, clock_);
    ASSERT_TRUE(store.engine);
    while (store.engine->tidy_step().value_or(false))
      continue;
  }
  void add() {
    Store store(disk_, clock_);
    ASSERT_TRUE(store.engine);
    store.driver->append("a", "third,");
    store.driver->close("b");
    expected_ = describe(*store.driver);
  }

  // What is shown after `bit` of the file was flipped must be right.
  void flip_and_look(const std::string& path, uint64_t bit) {
    testing::SimulatedFileSystem copy;
    disk_.copy_to(copy);
    copy.flip_bit(path, bit);
    Store store(copy, clock_);
    if (!store.engine) {
      ASSERT_THAT(store.error.code,
                  ::testing::AnyOf(make_error_code(Errc::corruption),
                                   make_error_code(Errc::unsupported_format)))
          << store.error.message();
      ++refused_;
      return;
    }
    const auto expected = lines_of(expected_);
    const auto shown = lines_of(describe(*store.driver));
    ASSERT_EQ(shown.size(), expected.size());
    size_t damaged = 0;
    for (size_t i = 0; i < shown.size(); ++i) {
      if (shown[i] == expected[i]) continue;
      const std::string name = shown[i].substr(0, shown[i].find(':'));
      ASSERT_THAT(store.driver->read_all(name), ::testing::StartsWith("error: "));
      ASSERT_EQ(error_of(store.driver->read(name, {})), Errc::corruption);
      ++damaged;
    }
    ASSERT_LE(damaged, 1u) << "other streams are readable";
    damaged_ += damaged;
  }

  void flip_all_in(const std::string& directory) {
    const auto names = disk_.list(directory);
    ASSERT_TRUE(names);
    for (const std::string& name : *names) {
      const std::string path = directory + "/" + name;
      flip_all_of(path);
    }
  }
  void flip_all_of(const std::string& path) {
    const std::string content = disk_.content(path);
    const uint64_t step = content.size() < 1024 ? 1 : sample_step;
    size_t zeros = 0;  // Just before.
    for (uint64_t byte = 0; byte < content.size(); ++byte) {
      zeros = content[byte] == '\0' ? zeros + 1 : 0;
      // Longer than any field: they are alike, and one in a hundred will do.
      if (byte % step != 0 || (zeros > 64 && byte % 97 != 0)) continue;
      flip_and_look(path, byte * 8 + GetParam());
      if (HasFatalFailure()) {
        ADD_FAILURE() << path << ", byte " << byte;
        return;
      }
    }
  }

  testing::ManualClock clock_;
  testing::SimulatedFileSystem disk_;
  std::string expected_;
  size_t refused_ = 0;  // Opens.
  size_t damaged_ = 0;  // Streams that could not be read.
};

INSTANTIATE_TEST_SUITE_P(Bits, FlippedBits, ::testing::Range(0u, 8u));

TEST_P(FlippedBits, OfTheLogAreDetectedOrHarmless) {
  fill();
  add();
  flip_all_in("data/log");
  EXPECT_GT(refused_, 100 / sample_step);
}

TEST_P(FlippedBits, OfTheFormatFileAreDetected) {
  fill();
  flip_all_of("data/FORMAT");
  EXPECT_EQ(refused_, disk_.content("data/FORMAT").size());
}

TEST_P(FlippedBits, OfRunsAreDetectedOrHarmless) {
  fill();
  tidy();
  add();
  ASSERT_THAT(*disk_.list("data/run"), ::testing::Not(::testing::IsEmpty()));
  flip_all_in("data/run");
  EXPECT_GT(refused_, 50 / sample_step) << "checkpoints";
  EXPECT_GT(damaged_, 5 / sample_step) << "data";
  flip_all_in("data/log");
}

}  // namespace
}  // namespace durable_streams::storage
