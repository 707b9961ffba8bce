// Runs replay to the same as what they replace: random logs, cut into random
// ranges, folded, merged and folded again (storage/fold_run.h).
#include "storage/fold_run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "random_log.h"
#include "storage/errc.h"
#include "storage/extent_reader.h"
#include "storage/log_replay.h"
#include "storage/run_recovery.h"
#include "storage/segment_scanner.h"
#include "testing/simulated_file_system.h"

namespace durable_streams::storage {
namespace {

uint64_t plain_salt() {
  return 42;
}
Result<void> no_pace(uint64_t) {
  return {};
}

// An index as text.
class Index {
 public:
  explicit Index(FileSystem& disk, const ReplayOptions& options = {})
      : files_(disk, 4), reader_(files_), replay_(table_, configs_, options) {}

  RecordSink sink() {
    return [this](const RecordView& record, const RecordPlace& place) {
      return replay_.apply(record, place);
    };
  }
  RunSink run_sink() {
    return [this](const RunFile& run, uint32_t id) { return replay_.apply(run, id); };
  }
  LogFiles& files() { return files_; }

  std::vector<uint64_t> live() {
    std::vector<uint64_t> ids;
    table_.for_each_life(
        [&](StreamEntry& stream) { ids.push_back(stream.stream_id()); });
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  std::string text() {
    std::vector<std::string> lines;
    table_.for_each_life([&](StreamEntry& stream) {
      lines.push_back(line(static_cast<LogStream&>(stream)));
    });
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const std::string& one : lines)
      text += one + "\n";
    return text;
  }

 private:
  std::string line(LogStream& stream) {
    const protocol::StreamState& state = stream.admitted;
    std::string text = fmt::format(
        "{} {}: {}..{} ttl {} at {}{}{}", stream.path(), stream.stream_id(),
        stream.earliest_position(), stream.durable_position,
        state.config->ttl_seconds.value_or(0), int64_t{state.active_ms},
        state.closed ? " closed" : "", stream.durable_closed ? " durably" : "");
    if (const auto by = state.writers.closed_by()) {
      text += fmt::format(" by {}={}.{}", by->id, by->epoch, by->seq);
    }
    std::vector<std::string> producers;
    state.writers.each_producer([&](const auto& one) {
      producers.push_back(fmt::format(" {}={}.{}@{}", one.id, one.state.epoch,
                                      one.state.last_seq, one.last_used_ms));
    });
    std::sort(producers.begin(), producers.end());
    for (const std::string& one : producers)
      text += one;
    state.writers.each_stream_seq(
        [&](auto scope, auto value) { text += fmt::format(" {}:{}", scope, value); });
    return text + fmt::format(" {:x}", std::hash<std::string>{}(bytes(stream)));
  }

  std::string bytes(LogStream& stream) {
    std::string all;
    uint64_t from = stream.earliest_position();
    while (from < stream.durable_position) {
      std::vector<Extent> extents;
      stream.extents.find(from, stream.durable_position, 5000, extents);
      std::vector<SharedBytes> chunks;
      const auto end = reader_.read(extents, stream.stream_id(), from, 5000, chunks);
      if (!end) return end.error().message();
      from = *end;
      for (const SharedBytes& chunk : chunks)
        all += chunk.view();
    }
    return all;
  }

  LogFiles files_;
  ExtentReader reader_;
  StreamTable table_;
  ConfigPool configs_;
  LogReplay replay_;
};

class FoldRunTest : public ::testing::Test {
 protected:
  FoldRunTest() {
    EXPECT_TRUE(disk_.create_directory("log"));
    EXPECT_TRUE(disk_.create_directory("run"));
  }

  // Writes a random log of `records` in random batches and segments; all sealed.
  void write_log(size_t records) {
    RandomLog log(random_);
    auto active = segments_.create(1, segment_bytes);
    ASSERT_TRUE(active);
    LogWriter writer(*active, {});
    LogPosition begin;
    const auto seal = [&] {
      sealed_.push_back({writer.segment(), begin, writer.log_end().position});
      begin = writer.log_end();
    };
    for (size_t i = 0; i < records;) {
      writer.begin_batch();
      for (size_t count = 1 + random_.below(5); count > 0; --count, ++i)
        writer.add_copy(log.next());
      ASSERT_TRUE(writer.commit(log.now_ms(), log.next_stream_id()));
      if (i < records && !random_.one_in(10)) continue;
      seal();
      if (i >= records) break;
      auto next = segments_.create(writer.segment() + 1, segment_bytes);
      ASSERT_TRUE(next);
      writer.roll(*next);
    }
    next_stream_id_ = log.next_stream_id();
    newest_ms_ = log.now_ms();
  }

  // What the segments replay to.
  void replay_log(Index& index) {
    for (const SealedSegment& sealed : sealed_) {
      const auto segment = segments_.open(sealed.number);
      index.files().add_sealed(sealed.number, (*segment)->seed,
                               segments_.path_of(sealed.number));
      std::string image(sealed.end, '\0');
      ASSERT_TRUE((*segment)->file->read_at(0, image.data(), image.size()));
      SegmentScanner scanner(image, sealed.number, (*segment)->seed);
      uint32_t previous_end = 0;
      while (const auto record = scanner.next()) {
        if (record->kind == RecordKind::batch) continue;
        const RecordPlace place{sealed.number, scanner.record_position(),
                                static_cast<uint32_t>(record->size()),
                                record->data_bytes, previous_end};
        previous_end = scanner.position();
        ASSERT_TRUE(index.sink()(*record, place)) << place.position;
      }
      ASSERT_EQ(scanner.position(), sealed.end);
    }
  }
  void replay_runs(Index& index) {
    const auto runs = recover_runs(disk_, "run", index.files(), index.run_sink());
    ASSERT_TRUE(runs) << runs.error().message();
    EXPECT_EQ(runs->end, log_end());
    EXPECT_EQ(runs->next_stream_id, next_stream_id_);
    EXPECT_EQ(runs->newest_stream_ms, newest_ms_);
  }

  // The same, with each number of threads.
  void expect_runs_to_replay_to(const std::string& expected) {
    for (const size_t threads : {1, 2, 3}) {
      SCOPED_TRACE(threads);
      Index index(disk_, {.threads = threads, .parallel_entries_min = 1});
      replay_runs(index);
      ASSERT_EQ(index.text(), expected);
    }
  }

  void write_run(FoldSource& source, const std::vector<uint64_t>* live = nullptr) {
    const auto run = fold_into_run(source, {disk_, "run", 7, log_end(), live, no_pace});
    ASSERT_TRUE(run) << run.error().message();
    const auto done = (*run)->finish();
    ASSERT_TRUE(done) << done.error().message();
  }

  // Folds all segments, a random number at a time.
  void fold_log() {
    for (size_t first = 0; first < sealed_.size();) {
      const size_t count =
          1 + random_.below(std::min<size_t>(3, sealed_.size() - first));
      const auto source =
          fold_segments(segments_, std::span(sealed_).subspan(first, count));
      ASSERT_TRUE(source) << source.error().message();
      write_run(**source);
      first += count;
    }
  }

  // Merges all runs, a random number at a time; one at least is rewritten.
  void merge_runs(const std::vector<uint64_t>* live) {
    const auto names = *disk_.list("run");
    for (size_t first = 0; first < names.size();) {
      const size_t count = 1 + random_.below(std::min<size_t>(3, names.size() - first));
      std::vector<RunFile> runs;
      for (size_t i = first; i < first + count; ++i) {
        auto run = RunFile::open(disk_, "run/" + names[i], *parse_run_name(names[i]));
        ASSERT_TRUE(run) << run.error().message();
        runs.push_back(std::move(*run));
      }
      write_run(*fold_runs(runs), live);
      for (size_t i = first; i < first + count && count > 1; ++i)
        ASSERT_TRUE(disk_.remove("run/" + names[i]));
      first += count;
    }
  }

  LogPosition log_end() const { return {sealed_.back().number, sealed_.back().end}; }

  static constexpr uint64_t segment_bytes = 2 * 1024 * 1024;

  testing::Random random_;
  testing::SimulatedFileSystem disk_;
  SegmentDirectory segments_{disk_, "log", plain_salt};
  std::vector<SealedSegment> sealed_;
  uint64_t next_stream_id_ = 0;
  int64_t newest_ms_ = 0;
};

// Several logs, one after the other.
class FoldRunSeries : public FoldRunTest, public ::testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(Logs, FoldRunSeries, ::testing::Range(0, 12));

TEST_P(FoldRunSeries, RunsReplayToTheSameAsTheLogHoweverTheyAreMerged) {
  for (int i = 0; i < GetParam(); ++i)
    random_.bits();  // Another log each.
  write_log(300);
  Index log(disk_);
  replay_log(log);
  const std::string expected = log.text();
  ASSERT_FALSE(expected.empty());

  fold_log();
  expect_runs_to_replay_to(expected);

  const std::vector<uint64_t> live = log.live();
  for (int round = 0; round < 4; ++round) {
    SCOPED_TRACE(round);
    // The streams that have ended are known in every other round.
    merge_runs(round % 2 == 0 ? nullptr : &live);
    expect_runs_to_replay_to(expected);
  }
}

TEST_P(FoldRunSeries, OneRunOfAllHoldsNothingButLiveStreams) {
  for (int i = 0; i < GetParam(); ++i)
    random_.bits();
  write_log(100);
  Index log(disk_);
  replay_log(log);
  const std::vector<uint64_t> live = log.live();
  const auto source = fold_segments(segments_, sealed_);
  ASSERT_TRUE(source);
  write_run(**source, &live);
  const std::string name = disk_.list("run")->front();
  const auto run = RunFile::open(disk_, "run/" + name, *parse_run_name(name));
  ASSERT_TRUE(run);
  EXPECT_EQ(run->trailer().streams, live.size());
  expect_runs_to_replay_to(log.text());
}

// Whose creation is in a run that is not there.
TEST_F(FoldRunTest, RecordsOfUnknownStreamsAreDamageHoweverManyThreadsLook) {
  write_log(300);
  fold_log();
  const auto names = *disk_.list("run");
  const std::string& name = names.back();
  const auto run = RunFile::open(disk_, "run/" + name, *parse_run_name(name));
  ASSERT_TRUE(run) << run.error().message();
  for (const size_t threads : {1, 2, 3}) {
    Index index(disk_, {.threads = threads, .parallel_entries_min = 1});
    const auto replayed = index.run_sink()(*run, first_run_id);
    ASSERT_FALSE(replayed);
    EXPECT_EQ(replayed.error().code, Errc::corruption);
  }
}

}  // namespace
}  // namespace durable_streams::storage
