// A repair that is interrupted, at each of its operations: the next one ends where
// the first would have ended, and the files as they were are kept.
#include <gmock/gmock.h>

#include <cerrno>

#include "crash_store.h"
#include "sample_step.h"
#include "storage/errc.h"
#include "storage/salvage_source.h"
#include "storage/store_repair.h"
#include "stored_files.h"

namespace durable_streams::storage {
namespace {

using testing::SimulatedFileSystem;

class InterruptedRepair : public ::testing::TestWithParam<NamedFate> {
 protected:
  // Runs and segments, each kind damaged: data of a run, the footer of another, a
  // creation, the middle of a stream, and the end of one.
  void SetUp() override {
    with_store([](LogEngine& engine, EngineDriver& streams) {
      streams.create("a", {}, "a begins,");
      streams.create("b", {}, "b begins,");
      for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 14; ++i)
          streams.append("a", std::string(700, static_cast<char>('a' + i)) + ",");
        streams.append("b", round == 0 ? "first of b," : "second of b,");
        while (engine.tidy_step().value_or(false))
          continue;
      }
    });
    with_store([](LogEngine&, EngineDriver& streams) {
      streams.create("c", {.content_type = "text/plain"}, "c begins,");
      streams.append("b", "third of b,");
    });
    with_store([](LogEngine&, EngineDriver& streams) {
      streams.append("c", "more of c,");
      streams.append("b", "fourth of b,", {.closes = true});
      streams.create("d", {}, "d begins,");
    });
    with_store([](LogEngine&, EngineDriver& streams) {
      streams.append("d", "more of d,");
      streams.append("a", "the end of a,");
      streams.create("e", {}, "sound,");
    });
    const auto runs = *disk_.list("data/run");
    ASSERT_GE(runs.size(), 2u);
    for (const std::string& name : runs) {
      const std::string path = "data/run/" + name;
      if (flip(path, "first of b,")) continue;
      disk_.flip_bit(path, (disk_.content(path).size() - 20) * 8);
    }
    const auto segments = *disk_.list("data/log");
    for (const std::string& name : segments) {
      for (const char* text : {"c begins,", "fourth of b,", "more of d,"})
        flip("data/log/" + name, text);
    }
    originals_ = stored_files(disk_, "data");
    ASSERT_EQ(flipped_, 4);

    SimulatedFileSystem repaired;
    disk_.copy_to(repaired);
    ASSERT_TRUE(repair_store(repaired, "data", clock_));
    expected_ = shown_by(repaired);
    ASSERT_THAT(expected_, ::testing::HasSubstr("lost+found/3: more of c,"));
    ASSERT_THAT(expected_, ::testing::HasSubstr("e: "));
  }

  template <class Work>
  void with_store(Work work) {
    Store store(disk_, clock_);
    ASSERT_TRUE(store.engine) << store.error.message();
    work(*store.engine, *store.driver);
  }
  bool flip(const std::string& path, std::string_view text) {
    const size_t position = disk_.content(path).find(text);
    if (position == std::string::npos) return false;
    disk_.flip_bit(path, position * 8);
    ++flipped_;
    return true;
  }

  // All that a server would show, or why it does not start.
  std::string shown_by(const SimulatedFileSystem& disk) {
    SimulatedFileSystem copy;
    disk.copy_to(copy);
    Store store(copy, clock_);
    if (!store.engine) return store.error.message();
    std::string text = describe(*store.driver);
    for (uint64_t id = 1; id < 10; ++id) {
      const std::string path = lost_path(id);
      if (store.driver->exists(path))
        text += path + ": " + store.driver->read_all(path) + "\n";
    }
    return text;
  }

  // Repairs what an interrupted repair has left.
  void repair_again(SimulatedFileSystem& disk) {
    const auto report = repair_store(disk, "data", clock_);
    ASSERT_TRUE(report) << report.error().message();
    const auto survey = survey_store(disk, "data");
    ASSERT_TRUE(survey);
    ASSERT_TRUE(survey->is_sound());
    ASSERT_EQ(shown_by(disk), expected_);
    ASSERT_TRUE(keeps_originals(disk));
  }
  // Whether one of the directories `damaged-<time>` is the store as it was.
  bool keeps_originals(SimulatedFileSystem& disk) {
    const auto names = *disk.list("data");
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      const std::string kept = "data/" + name;
      return name.starts_with("damaged-") && *disk.exists(kept + "/FORMAT") &&
             stored_files(disk, kept) == originals_;
    });
  }

  testing::ManualClock clock_;
  SimulatedFileSystem disk_;
  StoredFiles originals_;
  std::string expected_;
  int flipped_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Fates, InterruptedRepair, ::testing::ValuesIn(fates),
                         [](const auto& fate) { return std::string(fate.param.name); });

TEST_P(InterruptedRepair, ByALossOfPowerEndsAsOneThatWasNot) {
  for (uint64_t operation = 1;; operation += sample_step) {
    SCOPED_TRACE(operation);
    SimulatedFileSystem disk;
    disk_.copy_to(disk);
    disk.cut_power_at(operation);
    const bool done = repair_store(disk, "data", clock_).has_value();
    const bool was_cut = disk.power_is_cut();
    disk.power_on({GetParam().fate.kind, GetParam().fate.sector_bytes, operation});
    if (done) {
      ASSERT_EQ(shown_by(disk), expected_) << "it was said to be repaired";
    }
    ASSERT_NO_FATAL_FAILURE(repair_again(disk));
    if (!was_cut) {
      ASSERT_GT(operation, 40u);
      return;
    }
  }
}

TEST_P(InterruptedRepair, ByTheEndOfItsProcessSurvivesALossOfPowerLater) {
  for (uint64_t operation = 1;; operation += sample_step) {
    SCOPED_TRACE(operation);
    SimulatedFileSystem disk;
    disk_.copy_to(disk);
    disk.cut_power_at(operation);
    (void)repair_store(disk, "data", clock_);
    const bool was_cut = disk.power_is_cut();
    disk.restart();
    const auto again = repair_store(disk, "data", clock_);
    ASSERT_TRUE(again) << again.error().message();
    disk.power_on({GetParam().fate.kind, GetParam().fate.sector_bytes, operation});
    ASSERT_NO_FATAL_FAILURE(repair_again(disk));
    if (!was_cut) return;
  }
}

class FailingRepair : public InterruptedRepair {};

INSTANTIATE_TEST_SUITE_P(Lost, FailingRepair, ::testing::Values(fates[0]));

// Each operation, and each look, fails once, alone.
TEST_P(FailingRepair, SaysSoAndTheNextOneEndsIt) {
  using Arm = void (SimulatedFileSystem::*)(uint64_t, int);
  using Count = uint64_t (SimulatedFileSystem::*)() const;
  const std::pair<Arm, Count> kinds[] = {
      {&SimulatedFileSystem::fail_at, &SimulatedFileSystem::operations},
      {&SimulatedFileSystem::fail_look_at, &SimulatedFileSystem::looks}};
  for (const auto& [arm, count] : kinds) {
    for (const int error_number : {EIO, ENOSPC}) {
      for (uint64_t number = 1;; number += sample_step) {
        SCOPED_TRACE(number);
        SimulatedFileSystem disk;
        disk_.copy_to(disk);
        (disk.*arm)(number, error_number);
        const auto report = repair_store(disk, "data", clock_);
        const bool was_met = (disk.*count)() >= number;
        if (!report) {
          ASSERT_EQ(report.error().code,
                    std::error_code(error_number, std::system_category()))
              << report.error().message();
        }
        disk.power_on(GetParam().fate);
        ASSERT_NO_FATAL_FAILURE(repair_again(disk));
        if (!was_met) break;
      }
    }
  }
}

}  // namespace
}  // namespace durable_streams::storage
