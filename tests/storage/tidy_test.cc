// The tidier as readers, disks and restarts see it (storage/tidier.h).
#include <gmock/gmock.h>

#include <map>

#include "log_fixture.h"
#include "sample_step.h"
#include "storage/fold_run.h"
#include "storage/run_file.h"
#include "workload.h"

namespace durable_streams::storage {
namespace {

using ::testing::ElementsAre;
using testing::Fate;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::SizeIs;

class TidyTest : public LogFixture {
 protected:
  // Enough for several sealed segments.
  void fill(const std::string& path, int appends = 40) {
    if (!streams().exists(path)) streams().create(path, {}, path + " begins,");
    for (int i = 0; i < appends; ++i)
      streams().append(path, std::string(700, static_cast<char>('a' + i % 26)) + ",");
  }
  std::vector<std::string> names(const char* directory) {
    return *disk_.list(std::string("data/") + directory);
  }
  std::vector<std::string> runs() { return names("run"); }
  std::string run_path(size_t index) { return "data/run/" + runs()[index]; }
  std::string text() { return describe(streams()); }
};

TEST_F(TidyTest, TheWorkedExampleOfTheFormatIsRight) {  // docs/storage-format.md
  open();
  streams().create("notes", {.content_type = "text/plain"});
  streams().append("notes", "hi");
  stop();
  ASSERT_TRUE(disk_.create_directory("apart"));
  SegmentDirectory segments(disk_, "data/log", plain_salt);
  const SealedSegment sealed{1, {}, 4515};
  const auto source = fold_segments(segments, {&sealed, 1});
  ASSERT_TRUE(source);
  const auto writer = fold_into_run(
      **source,
      {disk_, "apart", 42, {2, 0}, nullptr, [](uint64_t) { return Result<void>(); }});
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->finish());

  const auto run =
      RunFile::open(disk_, "apart/0000000001-0000000001.run", SegmentRange{1, 1});
  ASSERT_TRUE(run) << run.error().message();
  EXPECT_EQ(run->header().begin, LogPosition{});
  EXPECT_EQ(run->header().end, (LogPosition{1, 4515}));
  EXPECT_EQ(run->header().next_stream_id, 2u);
  ASSERT_THAT(run->blocks(), SizeIs(1));
  const RunBlock& block = run->blocks()[0];
  EXPECT_EQ(block.records_position, 4096u);
  EXPECT_EQ(block.position, 4155u);
  EXPECT_EQ(block.bytes, 25u);
  EXPECT_EQ(block.entries, 1u);
  EXPECT_EQ(run->trailer().table_position, 4180u);
  EXPECT_EQ(run->trailer().data_bytes, 2u);
  EXPECT_EQ(run->file_bytes(), 4268u);
  std::vector<std::string> entries;
  ASSERT_TRUE(run->for_each_entry([&](const RunEntry& entry) {
    entries.push_back(std::to_string(entry.file_position) + "+" +
                      std::to_string(entry.bytes) + ": " +
                      std::to_string(static_cast<int>(entry.record.kind)));
    return entry.record.meta.size() == 17;
  }));
  EXPECT_THAT(entries, ElementsAre("4096+59: 1"));
}

TEST_F(TidyTest, SealedSegmentsBecomeRunsAndGo) {
  open();
  fill("a");
  const size_t segments = names("log").size();
  const std::string before = text();
  ASSERT_GT(tidy(), 0u);
  EXPECT_THAT(names("log"), SizeIs(3));  // The active one, the next, and the reserve.
  EXPECT_LT(names("log").size(), segments);
  EXPECT_GT(runs().size(), 0u);
  EXPECT_EQ(text(), before);
}

TEST_F(TidyTest, ARestartFindsTheSameInRunsAndLog) {
  open();
  run_workload(streams(), workload());
  fill("a");
  tidy();
  streams().append("b", "in the log");
  const std::string before = text();
  stop();
  open();
  EXPECT_GT(engine_->recovery_report().runs, 0u);
  EXPECT_EQ(text(), before);
  tidy();
  EXPECT_EQ(text(), before);
}

TEST_F(TidyTest, PagesOfEverySizeAreTheSameBeforeAndAfter) {
  open();
  run_workload(streams(), workload());
  fill("c", 20);
  std::vector<std::string> before;
  for (const size_t page : {1, 300, 5000, 70'000})
    before.push_back(streams().read_all("c", page));
  const std::string many_blocks = streams().read_all("a", 1000);
  ASSERT_GT(tidy(), 0u);
  size_t i = 0;
  for (const size_t page : {1, 300, 5000, 70'000})
    EXPECT_EQ(streams().read_all("c", page), before[i++]);
  EXPECT_EQ(streams().read_all("a", 1000), many_blocks);
}

TEST_F(TidyTest, EveryMessagesEndStaysAPlaceToReadFrom) {
  open();
  fill("a");
  const uint64_t id = streams().snapshot("a").stream_id;
  tidy();
  uint64_t position = std::string("a begins,").size();
  for (int i = 0; i < 40; ++i, position += 701) {
    ASSERT_TRUE(streams().read("a", {id, position})) << i;
    ASSERT_EQ(error_of(streams().read("a", {id, position + 1})), Errc::offset_invalid);
  }
}

TEST_F(TidyTest, ManyRunsBecomeFew) {
  open();
  for (int i = 0; i < 30; ++i) {
    fill("a", 13);
    fill("b", 2);
    tidy();
  }
  EXPECT_THAT(runs(), SizeIs(Lt(9u)));
  const std::string before = text();
  stop();
  open();
  EXPECT_EQ(text(), before);
}

TEST_F(TidyTest, RunsTellHowMuchWasWrittenForThem) {
  open();
  fill("a", 100);
  std::map<std::string, std::string> before;
  uint64_t written_kib = 0;
  size_t jobs = 0;
  for (; engine_->tidy_step().value_or(false); ++jobs) {
    std::map<std::string, std::string> now;
    for (const std::string& name : runs()) {
      now[name] = disk_.content("data/run/" + name);
      if (before[name] != now[name]) written_kib += kib_of(now[name].size());
    }
    before = std::move(now);
  }
  ASSERT_GT(jobs, before.size()) << "some were merged";
  uint64_t told_kib = 0;
  uint64_t log_kib = 0;
  uint64_t data_bytes = 0;
  for (const auto& [name, content] : before) {
    const auto run = RunFile::open(disk_, "data/run/" + name, *parse_run_name(name));
    ASSERT_TRUE(run);
    told_kib += run->trailer().written_kib;
    log_kib += run->header().log_kib;
    data_bytes += run->trailer().data_bytes;
  }
  EXPECT_EQ(told_kib, written_kib);
  EXPECT_GT(log_kib * 1024, data_bytes);
  EXPECT_LT(log_kib * 1024, data_bytes * 2);
}

TEST_F(TidyTest, WhatHasEndedFreesItsSpace) {
  open();
  fill("a", 100);
  fill("b", 4);
  tidy();
  const uint64_t full = disk_.used_bytes();
  streams().remove("a");
  tidy();
  EXPECT_LT(disk_.used_bytes(), full - 60'000);
  const std::string before = text();
  EXPECT_EQ(streams().read_all("b").size(), 4 * 701 + 9u);
  crash();
  open();
  EXPECT_FALSE(streams().exists("a"));
  EXPECT_EQ(text(), before);
}

TEST_F(TidyTest, AStreamThatEndedStaysSoWhateverIsMerged) {
  open();
  fill("a", 20);
  fill("b", 20);
  tidy();
  streams().remove("a");
  for (int i = 0; i < 8; ++i) {
    fill("b", 12);
    tidy();
    stop();
    open();
    EXPECT_FALSE(streams().exists("a")) << i;
  }
  streams().create("a", {}, "anew");
  fill("b", 40);
  tidy();
  stop();
  open();
  EXPECT_EQ(streams().read_all("a"), "anew");
}

TEST_F(TidyTest, AReaderWhoseFileIsGoneLooksAgain) {
  open();
  fill("a");
  const std::string before = streams().read_all("a");
  // In the middle of the tidier's work a page is asked for again and again.
  while (*engine_->tidy_step())
    ASSERT_EQ(streams().read_all("a", 3000), before);
}

TEST_F(TidyTest, APageThatIsHeldSurvivesItsFile) {
  open();
  fill("a");
  const auto page = streams().read("a", {}, 2000);
  ASSERT_TRUE(page);
  const std::string held(page->chunks[0].view());
  tidy();
  EXPECT_EQ(page->chunks[0].view(), held);
}

TEST_F(TidyTest, RunsInsideALargerOneAreLeftOvers) {
  open();
  fill("a", 20);
  tidy();
  testing::SimulatedFileSystem early;
  disk_.copy_to(early);
  const std::vector<std::string> small = runs();
  for (int i = 0; i < 6; ++i) {
    fill("a", 12);
    tidy();
  }
  const std::string before = text();
  stop();
  // As if the sources had not been unlinked.
  size_t left_over = 0;
  for (const std::string& name : small) {
    const std::string path = "data/run/" + name;
    if (*disk_.exists(path)) continue;
    const std::string content = early.content(path);
    const std::string_view piece = content;
    ASSERT_TRUE(
        (*disk_.open_writable(path, OpenMode::create))->write_at(0, {&piece, 1}));
    ++left_over;
  }
  ASSERT_GT(left_over, 0u);
  const size_t files = runs().size();
  open();
  EXPECT_EQ(runs().size(), files - left_over);
  EXPECT_EQ(text(), before);
}

TEST_F(TidyTest, AnUnfinishedRunIsRemoved) {
  open();
  stop();
  const std::string path = "data/run/0000000001-0000000002.run.new";
  ASSERT_TRUE(disk_.open_writable(path, OpenMode::create));
  open();
  EXPECT_FALSE(*disk_.exists(path));
}

TEST_F(TidyTest, AMissingRunIsDamage) {
  open();
  fill("a", 14);
  tidy();
  fill("a", 14);
  tidy();
  ASSERT_GT(runs().size(), 1u);
  stop();
  ASSERT_TRUE(disk_.remove(run_path(0)));
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::corruption);
}

TEST_F(TidyTest, AMissingNewestRunIsDamage) {
  open();
  fill("a", 14);
  tidy();
  stop();
  ASSERT_TRUE(disk_.remove(run_path(runs().size() - 1)));
  EXPECT_EQ(error_of(try_open()), Errc::corruption);
}

TEST_F(TidyTest, DamageInARunsFooterStopsTheOpenAndNamesThePlace) {
  open();
  fill("a");
  tidy();
  stop();
  disk_.flip_bit(run_path(0), (disk_.content(run_path(0)).size() - 100) * 8);
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::corruption);
  EXPECT_THAT(opened.error().detail, ::testing::HasSubstr(".run, position "));
}

// Also what only one of them would trip over.
TEST_F(TidyTest, SeveralThreadsTellOfTheSameDamageAsOne) {
  open();
  for (int i = 0; i < 20; ++i)
    streams().create(std::to_string(i), {}, "data");
  fill("a", 14);
  tidy();
  for (int i = 0; i < 20; ++i)
    streams().append(std::to_string(i), "more data");
  fill("a", 14);
  tidy();
  const std::string expected = text();
  stop();
  LogOptions threads = options();
  threads.replay = {.threads = 2, .parallel_entries_min = 1};
  size_t refused = 0;
  for (const std::string& name : runs()) {
    const std::string path = "data/run/" + name;
    const size_t bytes = disk_.content(path).size();
    for (size_t byte = bytes - 1200; byte < bytes; byte += 7) {
      SCOPED_TRACE(byte);
      disk_.flip_bit(path, byte * 8);
      const auto one = try_open();
      stop();
      const auto several = try_open(threads);
      stop();
      ASSERT_EQ(one.has_value(), several.has_value());
      if (!one) {
        ASSERT_EQ(one.error().message(), several.error().message());
        ++refused;
      }
      disk_.flip_bit(path, byte * 8);
    }
  }
  EXPECT_GT(refused, 100u);
  ASSERT_TRUE(try_open(threads));
  EXPECT_EQ(text(), expected);
}

TEST_F(TidyTest, DamageInARunsDataIsFoundByWhoReadsItAndNobodyElse) {
  open();
  fill("a");
  streams().create("b", {}, "sound");
  fill("a");
  tidy();
  stop();
  const std::string content = disk_.content(run_path(0));
  disk_.flip_bit(run_path(0), content.find("aaaaaaaa") * 8);
  open();
  EXPECT_EQ(error_of(streams().read("a", {})), Errc::corruption);
  EXPECT_EQ(streams().read_all("b"), "sound");
}

TEST_F(TidyTest, ASourceWithABadByteIsLeftAlone) {
  open();
  fill("a", 20);
  disk_.flip_bit(segment_path(1), 5000 * 8);
  const auto done = engine_->tidy_step();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::corruption);
  EXPECT_TRUE(engine_->health());
  EXPECT_THAT(runs(), IsEmpty());
  EXPECT_FALSE(*engine_->tidy_step());  // Nothing behind it either: no gaps.
}

TEST_F(TidyTest, AFullDiskCostsAJobAndNothingElse) {
  open();
  fill("a");
  const std::string before = text();
  disk_.set_capacity(disk_.used_bytes() + 3000);
  const auto done = engine_->tidy_step();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, std::error_code(ENOSPC, std::system_category()));
  EXPECT_THAT(runs(), IsEmpty());
  EXPECT_EQ(text(), before);
  disk_.set_capacity(1 << 30);
  EXPECT_GT(tidy(), 0u);
  EXPECT_EQ(text(), before);
}

// A crash at every operation of tidying, again at every operation of the recovery
// that follows: the store is the same.
TEST_F(TidyTest, ACrashAtAnyMomentChangesNothing) {
  open();
  run_workload(streams(), workload());
  fill("b", 30);
  streams().remove("a");
  fill("c", 30);
  const std::string expected = text();
  stop();
  for (const Fate fate : {Fate{Fate::Kind::lost}, Fate{Fate::Kind::kept},
                          Fate{Fate::Kind::torn, 512, 1}}) {
    for (uint64_t operation = 1;; operation += sample_step) {
      SCOPED_TRACE(operation);
      testing::SimulatedFileSystem disk;
      disk_.copy_to(disk);
      const auto open_copy = [&] { return LogEngine::open(small_log(disk, clock_)); };
      {
        auto engine = open_copy();
        ASSERT_TRUE(engine);
        disk.cut_power_at(operation);
        for (auto more = (*engine)->tidy_step(); more && *more;)
          more = (*engine)->tidy_step();
      }
      const bool was_cut = disk.power_is_cut();
      disk.power_on(fate);
      auto engine = open_copy();
      ASSERT_TRUE(engine) << engine.error().message();
      LogEngine* const log = engine->get();
      EngineDriver driver(*log, [log] { log->step(); });
      ASSERT_EQ(describe(driver), expected);
      for (auto more = log->tidy_step(); more && *more;)
        more = log->tidy_step();
      ASSERT_EQ(describe(driver), expected);
      if (!was_cut) break;
    }
  }
}

}  // namespace
}  // namespace durable_streams::storage
