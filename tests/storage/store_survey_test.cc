// What tools find in a store: sound, damaged, or written to meanwhile.
#include "storage/store_survey.h"

#include <gmock/gmock.h>

#include "counting_file_system.h"
#include "interleaving_file_system.h"
#include "log_fixture.h"
#include "sample_step.h"
#include "workload.h"

namespace durable_streams::storage {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class StoreSurveyTest : public LogFixture {
 protected:
  // Two segments: "a" in both, "b" in the first.
  void fill() {
    open();
    streams().create("a", {}, "first,");
    streams().create("b", {}, "other,");
    streams().append("a", "second,");
    streams().append("a", "third,");
    stop();
    open();
    streams().append("a", "fourth,");
    stop();
  }
  StoreSurvey survey() {
    auto surveyed = survey_store(disk_, "data");
    EXPECT_TRUE(surveyed) << surveyed.error().message();
    return std::move(*surveyed);
  }
  void damage(uint32_t segment, std::string_view text) {
    const std::string path = segment_path(segment);
    disk_.flip_bit(path, disk_.content(path).find(text) * 8);
  }
};

TEST_F(StoreSurveyTest, ASoundStoreIsCounted) {
  fill();
  open();
  streams().remove("b");
  stop();
  const StoreSurvey found = survey();
  EXPECT_THAT(found.damage, IsEmpty());
  EXPECT_EQ(found.records, 6u);
  const StoreTotals totals = totals_of(found);
  EXPECT_EQ(totals.streams, 1u);
  EXPECT_EQ(totals.ended_streams, 1u);
  EXPECT_EQ(totals.live_bytes, std::string("first,second,third,fourth,").size());
  EXPECT_GT(totals.dead_bytes, std::string("other,").size());
  EXPECT_EQ(found.layout.reserve_bytes, disk_.content("data/log/reserve").size());
  EXPECT_THAT(found.layout.unused, ::testing::Not(::testing::Contains("log/reserve")));
  EXPECT_EQ(totals.file_bytes,
            disk_.used_bytes() - disk_.content("data/FORMAT").size());
}

TEST_F(StoreSurveyTest, BadDataNamesTheStreamAndItsBytes) {
  fill();
  damage(1, "second,");
  const StoreSurvey found = survey();
  ASSERT_THAT(found.damage, SizeIs(1));
  const Damage& damage = found.damage[0];
  EXPECT_EQ(damage.file, "log/0000000001.log");
  EXPECT_EQ(damage.to - damage.from, record_header_bytes + 7);
  ASSERT_THAT(damage.streams, SizeIs(1));
  EXPECT_EQ(damage.streams[0].path, "a");
  EXPECT_EQ(damage.streams[0].from, 6u);
  EXPECT_EQ(damage.streams[0].to, 13u);
}

TEST_F(StoreSurveyTest, DamageInTheNewestSegmentIsOnePlace) {
  open();
  streams().create("a", {}, "first,");
  streams().append("a", "second,");
  streams().append("a", "third,");
  damage(1, "second,");
  const StoreSurvey found = survey();
  ASSERT_THAT(found.damage, SizeIs(1));
  EXPECT_EQ(found.damage[0].to - found.damage[0].from, record_header_bytes + 7);
  EXPECT_EQ(found.torn_bytes, 0u);
}

TEST_F(StoreSurveyTest, AHoleIsNoticedWhereTheRecordsHeaderIsBadToo) {
  fill();
  const std::string image = disk_.content(segment_path(1));
  const uint64_t data = image.find("second,");
  for (uint64_t byte = data - record_header_bytes; byte < data; ++byte)
    disk_.flip_bit(segment_path(1), byte * 8);
  const StoreSurvey found = survey();
  ASSERT_THAT(found.damage, SizeIs(1));
  ASSERT_THAT(found.damage[0].streams, SizeIs(1));
  EXPECT_EQ(found.damage[0].streams[0].path, "a");
  EXPECT_EQ(found.damage[0].streams[0].from, 6u);
  EXPECT_EQ(found.damage[0].streams[0].to, 13u);
}

TEST_F(StoreSurveyTest, AMissingFileNamesTheStreamsThatLackBytes) {
  fill();
  ASSERT_TRUE(disk_.remove(segment_path(1)));
  const StoreSurvey found = survey();
  ASSERT_THAT(found.damage, SizeIs(1));
  EXPECT_EQ(found.damage[0].file, "log/0000000001.log");
  EXPECT_EQ(found.damage[0].what, "the file, or the run that stood for it, is missing");
  ASSERT_THAT(found.damage[0].streams, SizeIs(1));
  EXPECT_EQ(found.damage[0].streams[0].path, "");
  EXPECT_EQ(found.damage[0].streams[0].to, 19u);
}

TEST_F(StoreSurveyTest, ATornTailIsNoDamage) {
  open();
  streams().create("a", {}, "first,");
  disk_.cut_power_at(1);
  streams().settle(streams().begin_append("a", std::string(3000, 'x')));
  stop();
  disk_.power_on({testing::Fate::Kind::torn, 512, 5});
  const StoreSurvey found = survey();
  EXPECT_THAT(found.damage, IsEmpty());
  EXPECT_GT(found.torn_bytes, 0u);
}

TEST_F(StoreSurveyTest, ANewerFormatAndWhatIsNoDataDirectoryAreRefused) {
  EXPECT_EQ(error_of(survey_store(disk_, "data")).value(), ENOENT);
  fill();
  // "durable-streams log 2" becomes "... log 6".
  disk_.flip_bit("data/FORMAT", 20 * 8 + 2);
  EXPECT_EQ(error_of(survey_store(disk_, "data")), Errc::unsupported_format);
}

TEST_F(StoreSurveyTest, ALogThatIsMissingAltogetherIsNoEmptyStore) {
  const std::string_view format = "durable-streams log 2\n";
  ASSERT_TRUE(disk_.create_directory("data/run"));
  ASSERT_TRUE((*disk_.open_writable("data/FORMAT", OpenMode::create))
                  ->write_at(0, {&format, 1}));
  EXPECT_EQ(error_of(survey_store(disk_, "data")), Errc::corruption);
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::corruption);
  EXPECT_THAT(opened.error().detail, ::testing::HasSubstr("data/log"));
}

// What is sound opens and shows the same; what does not is found.
TEST_F(StoreSurveyTest, AgreesWithOpeningOnEveryFlippedBit) {
  fill();
  open();
  ASSERT_GT(tidy(), 0u);
  streams().append("b", "in the log,");
  const std::string expected = describe(streams());
  stop();
  for (const std::string directory : {"data/log", "data/run"}) {
    const auto names = disk_.list(directory);
    ASSERT_FALSE(names->empty());
    for (const std::string& name : *names) {
      const std::string path = directory + "/" + name;
      const std::string content = disk_.content(path);
      for (uint64_t byte = 0; byte < content.size(); ++byte) {
        if (byte % sample_step != 0 || (content[byte] == '\0' && byte % 97 != 0))
          continue;
        const uint64_t bit = byte * 8 + byte % 8;
        testing::SimulatedFileSystem copy;
        disk_.copy_to(copy);
        copy.flip_bit(path, bit);
        const auto surveyed = survey_store(copy, "data");
        ASSERT_TRUE(surveyed) << surveyed.error().message();
        const auto opened = LogEngine::open(small_log(copy, clock_));
        std::string shown = "does not open";
        if (opened) {
          LogEngine* const log = opened->get();
          EngineDriver driver(*log, [log] { log->step(); });
          shown = describe(driver);
        }
        ASSERT_EQ(surveyed->is_sound(), shown == expected) << path << " bit " << bit;
      }
    }
  }
}

TEST_F(StoreSurveyTest, FewFilesAreOpenHoweverManyThereAre) {
  for (int i = 0; i < 60; ++i) {
    open();
    streams().create(std::to_string(i), {}, "data");
    stop();
  }
  CountingFileSystem process;
  disk_.copy_to(process.disk);
  process.descriptors = 40;
  const auto found = survey_store(process, "data");
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_THAT(found->damage, IsEmpty());
  EXPECT_GE(found->units.size(), 60u);
  EXPECT_EQ(totals_of(*found).streams, 60u);
}

// A server appends, rolls and tidies between any two operations of the survey.
TEST_F(StoreSurveyTest, AStoreThatIsWrittenToIsFoundSound) {
  open();
  for (int each = 1; each <= 7; ++each) {
    const std::string path = "stream " + std::to_string(each);
    streams().create(path, {}, "before,");
    int turn = 0;
    InterleavingFileSystem busy(disk_, [&] {
      if (++turn % each != 0) return;
      streams().append(path, std::string(turn % 50 * 40, 'x'));
      if (turn < 200) tidy();
    });
    // Also where files are gone by the time that they are looked at.
    const auto found = survey_store(busy, "data", each % 2 == 0 ? 1 : 32);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_THAT(found->damage, IsEmpty());
    size_t seen = 0;
    for (const auto& [id, stream] : found->ledger.streams())
      seen += stream.path == path && stream.tail >= 7;
    EXPECT_EQ(seen, 1u);
  }
}

}  // namespace
}  // namespace durable_streams::storage
