// A log engine without threads on a simulated disk, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine_driver.h"
#include "small_log.h"
#include "storage/log_engine.h"
#include "testing/manual_clock.h"
#include "testing/simulated_file_system.h"

namespace durable_streams::storage {

class LogFixture : public ::testing::Test {
 protected:
  LogOptions options() { return small_log(disk_, clock_); }

  Result<void> try_open() { return try_open(options()); }
  Result<void> try_open(LogOptions options) {
    auto opened = LogEngine::open(std::move(options));
    if (!opened) return fail(opened.error());
    engine_ = std::move(*opened);
    LogEngine* const log = engine_.get();
    driver_ = std::make_unique<EngineDriver>(*log, [log] {
      while (log->step())
        continue;
    });
    return {};
  }
  void open() {
    const auto opened = try_open();
    ASSERT_TRUE(opened) << opened.error().message();
  }

  // Until there is nothing left to tidy; returns how many jobs there were.
  size_t tidy() {
    size_t jobs = 0;
    for (;; ++jobs) {
      const auto done = engine_->tidy_step();
      EXPECT_TRUE(done) << done.error().message();
      if (!done || !*done) return jobs;
    }
  }

  // A clean stop, or a loss of power that keeps what `fate` says.
  void stop() {
    driver_ = nullptr;
    engine_ = nullptr;
  }
  void crash(testing::Fate fate = {}) {
    disk_.cut_power_at(1);
    stop();
    disk_.power_on(fate);
  }

  EngineDriver& streams() { return *driver_; }
  static std::string segment_path(uint32_t number) {
    return "data/log/" + segment_name(number);
  }

  testing::ManualClock clock_;
  testing::SimulatedFileSystem disk_;
  std::unique_ptr<LogEngine> engine_;
  std::unique_ptr<EngineDriver> driver_;
};

}  // namespace durable_streams::storage
