// TTLs and Expires-At through restarts, crashes and steps of the wall clock.
#include <gmock/gmock.h>

#include "base/limits.h"
#include "log_fixture.h"

namespace durable_streams::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr int64_t minute_ms = 60'000;
constexpr int64_t hour_ms = 60 * minute_ms;
constexpr int64_t year_ms = 365 * 24 * hour_ms;

class Expiry : public LogFixture {
 protected:
  // The streams that a sweep through all of them finds to be over.
  std::vector<std::string> swept() {
    SweepPlace place;
    std::vector<StreamHandle> ended;
    while (!engine_->sweep(place, 2, ended)) {
    }
    std::vector<std::string> paths;
    for (const StreamHandle& stream : ended)
      paths.emplace_back(stream->path());
    return paths;
  }

  // Time passes under sweeps; returns what they found.
  std::vector<std::string> swept_for(int64_t ms) {
    std::vector<std::string> paths;
    for (; ms > 0 && paths.empty(); ms -= minute_ms) {
      clock_.advance(minute_ms);
      paths = swept();
    }
    return paths;
  }

  bool is_alive(const std::string& path) {
    const StreamHandle stream = engine_->find(path);
    return stream &&
           !protocol::is_expired(stream->config(), stream->snapshot().active_ms,
                                 engine_->now());
  }

  protocol::StreamConfig expiring_in(int64_t ms) {
    return {.expires_at_ms = clock_.wall_ms() + ms};
  }

  void read_and_be_answered(const std::string& path) {
    if (engine_->renew(*engine_->find(path)))
      streams().settle(streams().begin_look(path));
  }
};

TEST_F(Expiry, SweepFindsWhatIsOver) {
  open();
  for (int i = 0; i < 20; ++i)
    streams().create("stays" + std::to_string(i), {.ttl_seconds = 1000});
  for (const char* path : {"a", "b"})
    streams().create(path, {.ttl_seconds = 10});
  streams().create("forever");
  clock_.advance(10'000);
  EXPECT_THAT(swept(), IsEmpty());
  clock_.advance(1);
  EXPECT_THAT(swept(), UnorderedElementsAre("a", "b"));
}

TEST_F(Expiry, TtlsAreDeafToStepsOfTheWallClock) {
  open();
  streams().create("a", {.ttl_seconds = 3600});
  for (const int64_t step : {year_ms, -2 * year_ms, year_ms}) {
    clock_.step_wall(step);
    EXPECT_TRUE(is_alive("a"));
    EXPECT_THAT(swept(), IsEmpty());
    stop();
    open();
    EXPECT_TRUE(is_alive("a"));
  }
  clock_.advance(hour_ms + 1);
  EXPECT_FALSE(is_alive("a"));
  EXPECT_THAT(swept(), ElementsAre("a"));
}

TEST_F(Expiry, TtlsStandStillWhileTheServerIsDown) {
  open();
  streams().create("a", {.ttl_seconds = 3600});
  clock_.advance(hour_ms / 2);
  for (int i = 0; i < 3; ++i) {
    stop();
    clock_.advance(year_ms);
    open();
    EXPECT_TRUE(is_alive("a"));
  }
}

TEST_F(Expiry, AnAnsweredReadCountsAfterACrash) {
  open();
  streams().create("a", {.ttl_seconds = 100});
  clock_.advance(50'000);
  EXPECT_TRUE(engine_->renew(*engine_->find("a"))) << "the log does not know yet";
  EXPECT_TRUE(engine_->renew(*engine_->find("a"))) << "still not";
  read_and_be_answered("a");
  EXPECT_FALSE(engine_->renew(*engine_->find("a")));
  crash();
  open();
  clock_.advance(100'000);
  EXPECT_TRUE(is_alive("a"));
}

TEST_F(Expiry, AnAppendIsARenewalThatReadsWaitFor) {
  open();
  streams().create("a", {.ttl_seconds = 100});
  clock_.advance(50'000);
  const Pending append = streams().begin_append("a", "x");
  EXPECT_TRUE(engine_->renew(*engine_->find("a")));
  streams().settle(append);
  EXPECT_FALSE(engine_->renew(*engine_->find("a")));
}

// Every so often somebody reads, every so often the machine crashes: the stream
// lives as long as its TTL after each answered read.
TEST_F(Expiry, NoCrashEndsAStreamEarly) {
  for (const int64_t between_ms : {900, 4'000, 11'000, 60'000, 99'999}) {
    open();
    const std::string path = std::to_string(between_ms);
    streams().create(path, {.ttl_seconds = 100});
    for (int i = 0; i < 12; ++i) {
      clock_.advance(between_ms);
      read_and_be_answered(path);
      if (i % 3 == 0) {
        crash();
        open();
      }
    }
    clock_.advance(100'000);
    EXPECT_TRUE(is_alive(path));
    clock_.advance(20'000);
    EXPECT_FALSE(is_alive(path));
    stop();
  }
}

TEST_F(Expiry, ExpiresAtHidesAtOnceAndEndsAfterTheGrace) {
  open();
  streams().create("a", expiring_in(10 * minute_ms), "data");
  EXPECT_THAT(swept_for(9 * minute_ms), IsEmpty());
  EXPECT_EQ(streams().read_all("a"), "data");
  clock_.advance(minute_ms);
  EXPECT_FALSE(is_alive("a"));
  EXPECT_THAT(swept_for(limits::expires_at_grace_ms), IsEmpty());
  EXPECT_THAT(swept_for(6 * minute_ms), ElementsAre("a"));
}

TEST_F(Expiry, AWallClockThatIsPutRightWithinTheGraceLosesNothing) {
  open();
  streams().create("a", expiring_in(24 * hour_ms), "data");
  EXPECT_THAT(swept_for(2 * hour_ms), IsEmpty());
  clock_.step_wall(year_ms);
  EXPECT_FALSE(is_alive("a"));
  EXPECT_THAT(swept_for(limits::expires_at_grace_ms - minute_ms), IsEmpty());
  clock_.step_wall(-year_ms);
  EXPECT_TRUE(is_alive("a"));
  EXPECT_EQ(streams().read_all("a"), "data");
  EXPECT_THAT(swept_for(3 * hour_ms), IsEmpty());
  EXPECT_EQ(streams().read_all("a"), "data");
}

TEST_F(Expiry, TheGraceBeginsAnewAtEachStart) {
  open();
  streams().create("a", expiring_in(minute_ms));
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(swept_for(50 * minute_ms), IsEmpty());
    stop();
    open();
  }
  EXPECT_THAT(swept_for(limits::expires_at_grace_ms + 6 * minute_ms), ElementsAre("a"));
}

TEST(SettledWall, IsTheLowestOfTheLastHour) {
  SettledWall wall;
  const int64_t slot_ms = limits::expires_at_grace_ms / 12;
  for (int64_t slot = 0; slot < 12; ++slot) {
    wall.observe(slot * slot_ms, 1000 + slot);
    EXPECT_EQ(wall.settled_ms(), INT64_MIN) << "for less than an hour";
  }
  wall.observe(12 * slot_ms, 1012);
  EXPECT_EQ(wall.settled_ms(), 1000);
  wall.observe(13 * slot_ms, 1013);
  EXPECT_EQ(wall.settled_ms(), 1001);
  wall.observe(13 * slot_ms + 1, 500);
  EXPECT_EQ(wall.settled_ms(), 500) << "back at once";
}

TEST(SettledWall, NeedsAWholeHourThoughItBeginsInTheMiddleOfASlot) {
  SettledWall wall;
  const int64_t slot_ms = limits::expires_at_grace_ms / 12;
  wall.observe(slot_ms - 1, 1000);
  for (int64_t slot = 1; slot <= 12; ++slot) {
    wall.observe(slot * slot_ms, 1000);
    EXPECT_EQ(wall.settled_ms(), INT64_MIN);
  }
  wall.observe(13 * slot_ms - 2, 1000);
  EXPECT_EQ(wall.settled_ms(), INT64_MIN);
  wall.observe(13 * slot_ms - 1, 1000);
  EXPECT_EQ(wall.settled_ms(), 1000);
}

TEST(SettledWall, BeginsAnewWhenNobodyHasLooked) {
  SettledWall wall;
  const int64_t slot_ms = limits::expires_at_grace_ms / 12;
  for (int64_t slot = 0; slot < 20; ++slot)
    wall.observe(slot * slot_ms, 1000);
  EXPECT_EQ(wall.settled_ms(), 1000);
  wall.observe(21 * slot_ms, 1000);
  EXPECT_EQ(wall.settled_ms(), INT64_MIN);
}

}  // namespace
}  // namespace durable_streams::storage
