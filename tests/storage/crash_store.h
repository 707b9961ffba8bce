// An engine on a simulated disk, and the fates of what is in flight there when the
// power fails: for tests of crashes.
#pragma once

#include <memory>
#include <ostream>

#include "engine_driver.h"
#include "small_log.h"
#include "storage/log_engine.h"
#include "testing/manual_clock.h"
#include "testing/simulated_file_system.h"
#include "workload.h"

namespace durable_streams::storage {

// An engine without threads. Segments and runs are small, so that a workload fills
// several.
struct Store {
  Store(testing::SimulatedFileSystem& disk, testing::ManualClock& manual_clock)
      : clock(manual_clock) {
    auto opened = LogEngine::open(small_log(disk, clock));
    if (!opened) {
      error = opened.error();
      return;
    }
    engine = std::move(*opened);
    LogEngine* const log = engine.get();
    driver = std::make_unique<EngineDriver>(*log, [log] {
      while (log->step())
        continue;
    });
  }

  RunResult run(const std::vector<Step>& steps) {
    return run_workload(*driver, steps, {engine.get(), &clock});
  }

  testing::ManualClock& clock;
  std::unique_ptr<LogEngine> engine;
  std::unique_ptr<EngineDriver> driver;
  Error error;
};

struct NamedFate {
  const char* name;
  testing::Fate fate;
};

inline std::ostream& operator<<(std::ostream& out, const NamedFate& fate) {
  return out << fate.name;
}

inline constexpr NamedFate fates[] = {
    {"lost", {testing::Fate::Kind::lost, 512, 0}},
    {"kept", {testing::Fate::Kind::kept, 512, 0}},
    {"torn_512_a", {testing::Fate::Kind::torn, 512, 1}},
    {"torn_512_b", {testing::Fate::Kind::torn, 512, 2}},
    {"torn_4096_a", {testing::Fate::Kind::torn, 4096, 3}},
    {"torn_4096_b", {testing::Fate::Kind::torn, 4096, 4}},
    {"reordered", {testing::Fate::Kind::reordered, 512, 5}},
    {"zero_extended", {testing::Fate::Kind::zero_extended, 512, 6}},
};

}  // namespace durable_streams::storage
