#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>

#include "log_fixture.h"

namespace durable_streams::storage {
namespace {

using protocol::Offset;
using testing::Fate;

using LogEngineTest = LogFixture;

TEST_F(LogEngineTest, NothingIsSeenBeforeItIsDurable) {
  open();
  streams().create("a");
  const Pending append = streams().begin_append("a", "text");
  EXPECT_EQ(streams().engine().find("a")->snapshot().tail.position, 0u);
  EXPECT_EQ(streams().begin_create("b")->receipt.tail.position, 0u);
  EXPECT_FALSE(streams().exists("b"));
  streams().home().queue.drain();
  EXPECT_FALSE(append->is_settled);
  streams().settle_all();
  EXPECT_TRUE(streams().exists("b"));
  EXPECT_EQ(streams().read_all("a"), "text");
}

TEST_F(LogEngineTest, WhatIsQueuedTogetherCostsOneWriteAndOneSync) {
  open();
  streams().create("a");
  const uint64_t before = disk_.operations();
  for (int i = 0; i < 20; ++i)
    streams().begin_append("a", "x");
  streams().settle_all();
  EXPECT_EQ(disk_.operations() - before, 3u);  // And a mark, written only.
}

TEST_F(LogEngineTest, AnAnswerThatRestsOnAQueuedChangeWaitsForIt) {
  open();
  streams().create("a");
  streams().begin_append("a", "x", {.producer = protocol::ProducerTuple{"p", 0, 0}});
  const Pending duplicate = streams().begin_append(
      "a", "x", {.producer = protocol::ProducerTuple{"p", 0, 0}});
  streams().home().queue.drain();
  EXPECT_FALSE(duplicate->is_settled);
  EXPECT_EQ(streams().settle(duplicate).settlement, Settlement::unchanged);

  // Nothing to wait for: settled at once, but not inside transact().
  const Pending again = streams().begin_append(
      "a", "x", {.producer = protocol::ProducerTuple{"p", 0, 0}});
  EXPECT_FALSE(again->is_settled);
  streams().home().queue.drain();
  EXPECT_TRUE(again->is_settled);
}

TEST_F(LogEngineTest, EverythingIsThereAfterAReopen) {
  open();
  const protocol::StreamConfig config{"text/plain", std::nullopt, 99'999'999'999'999};
  const Offset tail = streams().create("a", config, "first").tail;
  for (int i = 0; i < 100; ++i)
    streams().append("a", std::string(200, 'x'));
  streams().create("b");
  streams().remove("b");
  const std::string text = streams().read_all("a");
  stop();
  open();
  EXPECT_EQ(streams().read_all("a"), text);
  EXPECT_EQ(streams().engine().find("a")->config(), config);
  EXPECT_EQ(streams().snapshot("a").stream_id, tail.owner_id);
  EXPECT_FALSE(streams().exists("b"));
  EXPECT_EQ(engine_->recovery_report().torn_bytes, 0u);
  EXPECT_EQ(engine_->recovery_report().records, 103u);
}

TEST_F(LogEngineTest, StreamIdsAreNotReusedAfterAReopen) {
  open();
  streams().create("a");
  const uint64_t id = streams().create("b").stream_id;
  streams().remove("b");
  stop();
  open();
  stop();
  open();
  EXPECT_GT(streams().create("b").stream_id, id);
}

TEST_F(LogEngineTest, RestartsWithoutChangesLeaveNoSegmentsBehind) {
  open();
  streams().create("a", {}, "text");
  stop();
  for (int i = 0; i < 10; ++i) {
    open();
    stop();
  }
  // The stream's, the last opened one, the one that is ready, and the reserve.
  EXPECT_LE(disk_.list("data/log")->size(), 4u);
  open();
  EXPECT_EQ(streams().read_all("a"), "text");
}

TEST_F(LogEngineTest, AnOldSegmentIsCutToWhatItHolds) {
  open();
  streams().create("a", {}, "text");
  stop();
  EXPECT_EQ(disk_.content(segment_path(1)).size(), 8u * 1024);
  open();
  EXPECT_LT(disk_.content(segment_path(1)).size(), 4096u + 600);
  EXPECT_EQ(streams().read_all("a"), "text");
}

TEST_F(LogEngineTest, ManySegmentsAreReadAsOne) {
  open();
  streams().create("a");
  std::string text;
  for (int i = 0; i < 60; ++i) {
    const std::string message = std::string(500, static_cast<char>('a' + i % 26)) + ",";
    streams().append("a", message);
    text += message;
  }
  EXPECT_GT(disk_.list("data/log")->size(), 5u);
  EXPECT_EQ(streams().read_all("a"), text);
  EXPECT_EQ(streams().read_all("a", 700), text);
  stop();
  open();
  EXPECT_EQ(streams().read_all("a"), text);
}

TEST_F(LogEngineTest, ARecordLongerThanASegmentGetsALongerOne) {
  open();
  const std::string text(100'000, 'x');
  EXPECT_EQ(streams().create("a", {}, text).settlement, Settlement::committed);
  streams().append("a", "and more");
  EXPECT_EQ(streams().read_all("a"), text + "and more");
  stop();
  open();
  EXPECT_EQ(streams().read_all("a"), text + "and more");
}

TEST_F(LogEngineTest, StreamTimeGoesOnWhereTheLogLeftIt) {
  open();
  clock_.advance(5'000);
  streams().create("a");
  clock_.advance(70'000);
  const int64_t before = engine_->now().stream_ms;
  stop();
  clock_.advance(1'000'000);  // Downtime does not count.
  open();
  EXPECT_EQ(engine_->now().stream_ms, before);
}

TEST_F(LogEngineTest, RenewalsAreLoggedOnceATenthOfTheTtl) {
  open();
  streams().create("a", {.ttl_seconds = 100});
  const StreamHandle stream = streams().engine().find("a");
  streams().pump();
  const uint64_t before = disk_.operations();
  for (int i = 0; i < 50; ++i) {  // 20 s: the second tenth begins once.
    clock_.advance(400);
    engine_->renew(*stream);
    streams().pump();
  }
  EXPECT_EQ(stream->snapshot().active_ms, engine_->now().stream_ms);
  EXPECT_EQ(disk_.operations() - before, 3u);
  const int64_t active = stream->snapshot().active_ms;
  crash();
  open();
  EXPECT_GE(streams().snapshot("a").active_ms,
            std::min(active, engine_->now().stream_ms));
}

TEST_F(LogEngineTest, AStreamDoesNotDieEarlyThoughItsRenewalWasNotWorthARecord) {
  open();
  streams().create("a", {.ttl_seconds = 100});
  streams().create("clock");
  clock_.advance(9'000);
  engine_->renew(*streams().engine().find("a"));
  clock_.advance(50'000);
  streams().append("clock", "x");  // Stream time 59 s is in the log.
  crash();
  open();
  // Renewed at 9 s, so it must live till 109 s.
  clock_.advance(49'900);
  const Pending look = streams().begin_create("a", {}, "would replace it");
  EXPECT_EQ(streams().settle(look).settlement, Settlement::unchanged);
  clock_.advance(1'200 + 1);  // And a grain at most.
  EXPECT_EQ(streams().create("a").settlement, Settlement::committed);
}

TEST_F(LogEngineTest, AfterCloseChangesAreRefused) {
  open();
  streams().create("a", {}, "text");
  engine_->close();
  EXPECT_EQ(streams().append("a", "late").settlement, Settlement::unavailable);
  EXPECT_EQ(streams().read_all("a"), "text");
}

TEST_F(LogEngineTest, DamageIsFoundByTheReadThatMeetsIt) {
  open();
  streams().create("a", {}, std::string(200, 'a'));
  streams().create("b", {}, std::string(200, 'b'));
  const std::string content = disk_.content(segment_path(1));
  disk_.flip_bit(segment_path(1), content.find("aaaa") * 8);
  EXPECT_EQ(error_of(streams().read("a", {})), Errc::corruption);
  EXPECT_THAT(streams().read("a", {}).error().detail,
              ::testing::HasSubstr("0000000001.log, position"));
  EXPECT_EQ(streams().read_all("b"), std::string(200, 'b'));
}

TEST_F(LogEngineTest, DamageInALongMessageIsFoundByItsBlock) {
  open();
  std::string text(3 * 65'536, 'x');
  text.replace(70'000, 5, "HERE!");
  streams().create("a");
  streams().append("a", text, {.boundaries = {65'536, 131'072}});
  const uint64_t id = streams().snapshot("a").stream_id;
  const std::string path = segment_path(2);
  disk_.flip_bit(path, disk_.content(path).find("HERE!") * 8);
  EXPECT_TRUE(streams().read("a", {id, 0}, 65'536));
  EXPECT_EQ(error_of(streams().read("a", {id, 65'536}, 65'536)), Errc::corruption);
  EXPECT_TRUE(streams().read("a", {id, 131'072}, 65'536));
}

TEST_F(LogEngineTest, AdjacentRecordsAreOneRead) {
  open();
  streams().create("a");
  for (int i = 0; i < 10; ++i)
    streams().append("a", "message");
  const auto page = streams().read("a", {}, 1 << 20);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->chunks.size(), 1u);
}

TEST_F(LogEngineTest, ASecondOwnerWaitsAndTakesOver) {
  open();
  streams().create("a", {}, "text");
  int waits = 0;
  LogOptions second = options();
  second.lock.poll_ms = 0;
  second.lock.waiting = [&](const std::string& path) {
    EXPECT_EQ(path, "data/LOCK");
    if (++waits == 3) stop();
    return true;
  };
  const auto opened = LogEngine::open(second);
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(waits, 3);
  EXPECT_TRUE((*opened)->find("a"));
}

TEST_F(LogEngineTest, ASecondOwnerThatMayNotWaitIsTold) {
  open();
  LogOptions second = options();
  second.lock.wait = false;
  EXPECT_EQ(error_of(LogEngine::open(second)), Errc::locked);
}

TEST_F(LogEngineTest, TheDirectoriesAboveItsOwnAreDurableToo) {
  for (const bool was_killed : {false, true}) {
    testing::SimulatedFileSystem disk;
    const auto options = small_log(disk, clock_, "srv/streams/data");
    if (was_killed) {
      disk.cut_power_at(2);  // The directories are there, and not durable.
      ASSERT_FALSE(LogEngine::open(options));
      disk.restart();
      ASSERT_TRUE(disk.exists("srv/streams/data").value());
    }
    ASSERT_TRUE(LogEngine::open(options));
    disk.power_on({});
    EXPECT_TRUE(disk.exists("srv/streams/data/FORMAT").value());
  }
}

TEST_F(LogEngineTest, ANewerFormatIsRefused) {
  ASSERT_TRUE(disk_.create_directory("data"));
  auto file = disk_.open_writable("data/FORMAT", OpenMode::create);
  const std::string_view text = "durable-streams log 3\n";
  ASSERT_TRUE((*file)->write_at(0, {&text, 1}));
  EXPECT_EQ(error_of(try_open()), Errc::unsupported_format);
}

TEST_F(LogEngineTest, ADirectoryOfVersionOneIsUpgradedInPlace) {
  open();
  streams().create("a", {}, "from before");
  stop();
  // Version 1 had no runs.
  testing::SimulatedFileSystem old;
  ASSERT_TRUE(old.create_directory("data/log"));
  const auto put = [&old](const std::string& path, const std::string& content) {
    const std::string_view piece = content;
    auto file = old.open_writable(path, OpenMode::create);
    ASSERT_TRUE((*file)->write_at(0, {&piece, 1}));
  };
  put("data/FORMAT", "durable-streams log 1\n");
  const auto names = *disk_.list("data/log");
  for (const std::string& name : names)
    put("data/log/" + name, disk_.content("data/log/" + name));

  LogOptions upgrading{.data_dir = "data",
                       .file_system = old,
                       .clock = clock_,
                       .background = false,
                       .salt_source = plain_salt};
  const auto opened = LogEngine::open(std::move(upgrading));
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(old.content("data/FORMAT"), "durable-streams log 2\n");
  EXPECT_TRUE(*old.exists("data/run"));
  EngineDriver upgraded(**opened, nullptr);
  EXPECT_EQ(upgraded.read_all("a"), "from before");
}

}  // namespace
}  // namespace durable_streams::storage
