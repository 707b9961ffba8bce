// What every engine promises (storage/engine.h), run against each of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_driver.h"
#include "storage/log_engine.h"
#include "storage/memory_engine.h"
#include "testing/manual_clock.h"
#include "testing/simulated_file_system.h"

namespace durable_streams::storage {
namespace {

using protocol::Offset;
using testing::Fate;

struct EngineKind {
  const char* name;
  bool on_disk;
  bool background;
};

class EngineContract : public ::testing::TestWithParam<EngineKind> {
 protected:
  EngineContract() { open(); }
  // Homes outlive whoever can post to them.
  ~EngineContract() override { engine_->close(); }

  void open() {
    if (!GetParam().on_disk) {
      engine_ = make_memory_engine(clock_);
      driver_ = std::make_unique<EngineDriver>(*engine_, nullptr);
      return;
    }
    auto opened = LogEngine::open({.data_dir = "data",
                                   .file_system = disk_,
                                   .clock = clock_,
                                   .segment_bytes = 64 * 1024,
                                   .background = GetParam().background});
    ASSERT_TRUE(opened) << opened.error().message();
    LogEngine* const log = opened->get();
    engine_ = std::move(*opened);
    std::function<void()> pump = [log] {
      while (log->step())
        continue;
    };
    driver_ = std::make_unique<EngineDriver>(*engine_,
                                             GetParam().background ? nullptr : pump);
  }

  EngineDriver& streams() { return *driver_; }

  testing::ManualClock clock_;
  testing::SimulatedFileSystem disk_;
  Home other_home_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<EngineDriver> driver_;
};

INSTANTIATE_TEST_SUITE_P(Engines, EngineContract,
                         ::testing::Values(EngineKind{"memory", false, false},
                                           EngineKind{"log", true, false},
                                           EngineKind{"log_with_threads", true, true}),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST_P(EngineContract, ACreatedStreamIsFoundEmptyAndOpen) {
  const Receipt receipt = streams().create("a", {.content_type = "text/plain"});
  EXPECT_EQ(receipt.settlement, Settlement::committed);
  EXPECT_GT(receipt.stream_id, 0u);
  EXPECT_EQ(receipt.tail, (Offset{receipt.stream_id, 0}));

  const StreamHandle stream = engine_->find("a");
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->path(), "a");
  EXPECT_EQ(stream->config().content_type, "text/plain");
  const Snapshot snapshot = stream->snapshot();
  EXPECT_TRUE(snapshot.exists);
  EXPECT_FALSE(snapshot.closed);
  EXPECT_EQ(snapshot.stream_id, receipt.stream_id);
  EXPECT_EQ(snapshot.tail, receipt.tail);
  EXPECT_FALSE(engine_->find("b"));
}

TEST_P(EngineContract, BytesAreReadAsTheyWereAppended) {
  streams().create("a", {}, "first,");
  EXPECT_EQ(streams().append("a", "second,").settlement, Settlement::committed);
  const Receipt receipt = streams().append("a", "third,");
  EXPECT_EQ(receipt.tail.position, 19u);
  EXPECT_EQ(streams().read_all("a"), "first,second,third,");
  EXPECT_EQ(streams().snapshot("a").tail, receipt.tail);
}

TEST_P(EngineContract, InterleavedStreamsAreReadEachByItself) {
  std::string texts[3];
  for (int i = 0; i < 3; ++i)
    streams().create(std::to_string(i));
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 3; ++i) {
      if (round % (i + 1) != 0) continue;
      const std::string message = std::string(static_cast<size_t>(round * 7 % 60 + 1),
                                              static_cast<char>('a' + i));
      streams().begin_append(std::to_string(i), message);
      texts[i] += message;
    }
    if (round % 5 == 0) streams().settle_all();
  }
  streams().settle_all();
  for (int i = 0; i < 3; ++i) {
    for (const size_t page_bytes : {1u, 100u, 1u << 20}) {
      EXPECT_EQ(streams().read_all(std::to_string(i), page_bytes), texts[i]);
    }
  }
}

TEST_P(EngineContract, APageEndsAtAMessageAndTheNextGoesOnThere) {
  streams().create("a");
  for (const char* message : {"one,", "two,", "three,"})
    streams().append("a", message);

  const auto first = streams().read("a", {}, 9);
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(first->size(), 8u);
  EXPECT_FALSE(first->at_tail);
  EXPECT_EQ(first->next.position, 8u);

  const auto second = streams().read("a", first->next, 9);
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(second->size(), 6u);
  EXPECT_TRUE(second->at_tail);

  const auto third = streams().read("a", second->next, 9);
  ASSERT_TRUE(third) << third.error().message();
  EXPECT_TRUE(third->chunks.empty());
  EXPECT_TRUE(third->at_tail);
  EXPECT_EQ(third->next, second->next);
}

TEST_P(EngineContract, TellsWhereATailWasAMomentAgo) {
  streams().create("a");
  const Receipt first = streams().append("a", "one,");
  clock_.advance(100);
  const int64_t then_ms = engine_->now().stream_ms;
  const Receipt second = streams().append("a", "two,");
  clock_.advance(100);
  const StreamHandle stream = engine_->find("a");
  EXPECT_EQ(engine_->tail_at(*stream, then_ms), first.tail);
  EXPECT_EQ(engine_->tail_at(*stream, then_ms + 50), second.tail);
  EXPECT_EQ(engine_->tail_at(*stream, -1), std::nullopt);
}

TEST_P(EngineContract, AMessageLongerThanAPageIsSentWhole) {
  streams().create("a", {}, std::string(5000, 'x'));
  streams().append("a", "short");
  const auto page = streams().read("a", {}, 100);
  ASSERT_TRUE(page) << page.error().message();
  EXPECT_EQ(page->size(), 5000u);
}

TEST_P(EngineContract, APageMayEndAtABoundaryInsideAnAppend) {
  streams().create("a");
  streams().append("a", "aaaabbbbccccdd", {.boundaries = {4, 8, 12}});
  const auto page = streams().read("a", {}, 10);
  ASSERT_TRUE(page) << page.error().message();
  EXPECT_EQ(page->size(), 8u);
  const auto rest = streams().read("a", page->next, 100);
  ASSERT_TRUE(rest) << rest.error().message();
  EXPECT_EQ(rest->chunks.at(0).view(), "ccccdd");
  EXPECT_EQ(streams().read_all("a", 1), "aaaabbbbccccdd");
}

TEST_P(EngineContract, LongMessagesArePagedAtTheirBoundaries) {
  streams().create("a", {}, "before,");
  std::string text;
  while (text.size() < 300'000)
    text += std::to_string(text.size()) + " ";
  streams().append("a", text, {.boundaries = {65'536, 140'001, 200'000, 290'123}});
  streams().append("a", "after,");
  for (const size_t page_bytes : {1u, 70'000u, 200'000u, 1u << 20}) {
    EXPECT_EQ(streams().read_all("a", page_bytes), "before," + text + "after,");
  }
  const auto inside =
      streams().read("a", {streams().snapshot("a").stream_id, 7 + 70'000});
  ASSERT_FALSE(inside);
  EXPECT_EQ(inside.error().code, Errc::offset_invalid);
}

TEST_P(EngineContract, OffsetsInsideAMessageOrBeyondTheTailAreInvalid) {
  const uint64_t id = streams().create("a", {}, "first,").stream_id;
  streams().append("a", "second,");
  EXPECT_EQ(error_of(streams().read("a", {id, 3})), Errc::offset_invalid);
  EXPECT_EQ(error_of(streams().read("a", {id, 9})), Errc::offset_invalid);
  EXPECT_EQ(error_of(streams().read("a", {id, 14})), Errc::offset_invalid);
  EXPECT_TRUE(streams().read("a", {id, 6}));
  EXPECT_TRUE(streams().read("a", {id, 13}));
  EXPECT_TRUE(streams().read("a", {id, 0}));
}

TEST_P(EngineContract, OffsetsOfAnEarlierStreamAreGone) {
  const uint64_t old_id = streams().create("a", {}, "old bytes").stream_id;
  streams().remove("a");
  const uint64_t new_id = streams().create("a", {}, "new bytes").stream_id;
  EXPECT_GT(new_id, old_id);
  EXPECT_EQ(error_of(streams().read("a", {old_id, 9})), Errc::offset_gone);
  EXPECT_EQ(streams().read_all("a"), "new bytes");
}

TEST_P(EngineContract, AClosedStreamSaysSoAtItsTail) {
  streams().create("a", {}, "text");
  const Receipt receipt = streams().close("a");
  EXPECT_EQ(receipt.settlement, Settlement::committed);
  EXPECT_TRUE(receipt.closed);
  EXPECT_EQ(receipt.tail.position, 4u);
  EXPECT_TRUE(streams().snapshot("a").closed);
  EXPECT_TRUE(streams().read("a", {})->closed);
  EXPECT_EQ(streams().append("a", "more").settlement, Settlement::unchanged);
  EXPECT_EQ(streams().read_all("a"), "text");
}

TEST_P(EngineContract, ARemovedStreamIsGoneForHandlesToo) {
  streams().create("a", {}, "text");
  const StreamHandle stream = engine_->find("a");
  EXPECT_EQ(streams().remove("a").settlement, Settlement::committed);
  EXPECT_FALSE(streams().exists("a"));
  EXPECT_FALSE(stream->snapshot().exists);
  EXPECT_EQ(error_of(engine_->read(*stream, {}, 100)), Errc::not_found);
  EXPECT_EQ(streams().remove("a").settlement, Settlement::unchanged);
}

TEST_P(EngineContract, ADecisionSeesWhatWasAdmittedBeforeIt) {
  bool exists = false;
  bool closed = false;
  const Pending created = streams().begin_create("a");
  const Pending appended = streams().begin_append("a", "text", {.closes = true});
  const Pending look = streams().begin_look("a", &exists, &closed);
  EXPECT_TRUE(exists);
  EXPECT_TRUE(closed);
  const Pending removed = streams().begin_remove("a");
  const Pending second_look = streams().begin_look("a", &exists);
  EXPECT_FALSE(exists);
  const Pending recreated = streams().begin_create("a", {}, "other");

  streams().settle_all();
  EXPECT_EQ(look->receipt.settlement, Settlement::unchanged);
  EXPECT_EQ(look->receipt.tail, appended->receipt.tail);
  EXPECT_EQ(second_look->receipt.settlement, Settlement::unchanged);
  EXPECT_NE(recreated->receipt.stream_id, created->receipt.stream_id);
  EXPECT_EQ(streams().read_all("a"), "other");
}

TEST_P(EngineContract, ProducersAndStreamSeqAreDecidedOnTheAdmittedState) {
  streams().create("a");
  const AppendExtras first{.producer = protocol::ProducerTuple{"p", 1, 0}};
  EXPECT_EQ(streams().append("a", "x", first).settlement, Settlement::committed);
  EXPECT_EQ(streams().append("a", "x", first).settlement, Settlement::unchanged);
  const AppendExtras seq{.stream_seq = protocol::ScopedSeq{"s", "b"}};
  EXPECT_EQ(streams().append("a", "y", seq).settlement, Settlement::committed);
  EXPECT_EQ(streams().append("a", "y", seq).settlement, Settlement::unchanged);
  EXPECT_EQ(streams().read_all("a"), "xy");
}

TEST_P(EngineContract, CreatingOverAnExpiredStreamMakesANewOne) {
  const uint64_t old_id = streams().create("a", {.ttl_seconds = 10}, "old").stream_id;
  const StreamHandle old = engine_->find("a");
  clock_.advance(10'001);
  EXPECT_TRUE(streams().exists("a"));  // Expiry is the caller's to ask for.
  const Receipt receipt = streams().create("a", {}, "new");
  EXPECT_EQ(receipt.settlement, Settlement::committed);
  EXPECT_GT(receipt.stream_id, old_id);
  EXPECT_EQ(streams().read_all("a"), "new");
  EXPECT_FALSE(old->snapshot().exists);
  engine_->renew(*old);
}

TEST_P(EngineContract, ARenewedStreamIsActiveNow) {
  streams().create("a", {.ttl_seconds = 100});
  clock_.advance(7'000);
  engine_->renew(*engine_->find("a"));
  EXPECT_EQ(streams().snapshot("a").active_ms, engine_->now().stream_ms);
  clock_.advance(50'000);
  streams().append("a", "x");
  EXPECT_EQ(streams().snapshot("a").active_ms, engine_->now().stream_ms);
}

TEST_P(EngineContract, StreamTimeIsDeafToStepsOfTheWallClock) {
  const int64_t before = engine_->now().stream_ms;
  clock_.step_wall(-1'000'000'000);
  clock_.advance(250);
  EXPECT_EQ(engine_->now().stream_ms, before + 250);
}

TEST_P(EngineContract, StreamsThatAgreeShareOneConfiguration) {
  for (const char* path : {"a", "b"})
    streams().create(path, {.ttl_seconds = 60});
  EXPECT_EQ(&engine_->find("a")->config(), &engine_->find("b")->config());
}

class Listener final : public TailListener {
 public:
  void tails_moved(std::span<const StreamHandle> streams) noexcept override {
    ++calls;
    for (const StreamHandle& stream : streams)
      moved.push_back(stream->path());
  }
  int calls = 0;
  std::vector<std::string_view> moved;
};

TEST_P(EngineContract, AListenerHearsOfWhatItWatches) {
  Listener listener;
  const ListenerId id = engine_->add_listener(listener, streams().home().queue);
  streams().create("a");
  streams().create("b");
  const StreamHandle stream = engine_->find("a");
  engine_->watch(stream, id);
  engine_->watch(stream, id);

  streams().append("b", "not watched");
  EXPECT_TRUE(listener.moved.empty());
  const auto expect_to_hear = [&] {
    streams().home().run_until([&] { return !listener.moved.empty(); },
                               [&] { streams().pump(); });
    EXPECT_THAT(listener.moved, ::testing::Each("a"));
    listener.moved.clear();
  };
  streams().append("a", "data");
  expect_to_hear();
  streams().close("a");
  expect_to_hear();
  streams().remove("a");
  expect_to_hear();

  streams().create("a");
  engine_->watch(engine_->find("a"), id);
  engine_->unwatch(*engine_->find("a"), id);
  streams().append("a", "unwatched");
  streams().home().queue.drain();
  EXPECT_TRUE(listener.moved.empty());
}

TEST_P(EngineContract, WhoAppendsIsAnsweredBeforeListenersHearOfIt) {
  class Reader final : public TailListener {
   public:
    void tails_moved(std::span<const StreamHandle>) noexcept override {
      heard = true;
      append_was_answered = append->is_settled;
    }
    Pending append;
    bool heard = false, append_was_answered = false;
  } listener;
  const ListenerId id = engine_->add_listener(listener, streams().home().queue);
  streams().create("a");
  engine_->watch(engine_->find("a"), id);
  listener.append = streams().begin_append("a", "data");
  streams().home().run_until([&] { return listener.heard; }, [&] { streams().pump(); });
  EXPECT_TRUE(listener.append_was_answered);
}

TEST_P(EngineContract, AWatchedStreamReadsTheSameFromMemoryAsFromDisk) {
  Listener listener;
  const ListenerId id = engine_->add_listener(listener, streams().home().queue);
  const uint64_t stream_id = streams().create("a", {}, "before,").stream_id;
  engine_->watch(engine_->find("a"), id);
  std::string all = "before,";
  for (int i = 0; i < 1000; ++i) {
    const std::string message = "message " + std::to_string(i) + ",";
    streams().append("a", message);
    const auto live = streams().read("a", {stream_id, all.size()}, 1 << 20);
    ASSERT_TRUE(live) << live.error().message();
    ASSERT_EQ(live->size(), message.size());
    EXPECT_EQ(live->chunks.at(0).view(), message);
    all += message;
  }
  EXPECT_EQ(streams().read_all("a"), all);
  EXPECT_EQ(streams().read_all("a", 100), all);
  EXPECT_EQ(error_of(streams().read("a", {stream_id, all.size() - 2})),
            Errc::offset_invalid);
}

TEST_P(EngineContract, TransactionsOfManyHomesAreSettledAtTheirOwn) {
  Home& other = other_home_;
  TestTransaction here(streams().home().queue, [](auto*, auto&, protocol::Unit& unit) {
    unit.kind = protocol::Unit::Kind::create;
    unit.config = protocol::share_config({});
    return Transaction::Verdict::commit;
  });
  TestTransaction there(other.queue, [](auto*, auto&, protocol::Unit&) {
    return Transaction::Verdict::no_change;
  });
  engine_->transact("a", here);
  engine_->transact("a", there);
  EXPECT_FALSE(here.is_settled);
  EXPECT_FALSE(there.is_settled);
  streams().home().run_until([&] { return here.is_settled; },
                             [&] { streams().pump(); });
  EXPECT_FALSE(there.is_settled);
  other.run_until([&] { return there.is_settled; }, [&] { streams().pump(); });
}

}  // namespace
}  // namespace durable_streams::storage
