#include "streams/frame_cache.h"

#include "streams_fixture.h"

namespace durable_streams::streams {
namespace {

class FrameCacheTest : public StreamsFixture {
 protected:
  Frame frame(protocol::Offset from, uint64_t cursor = 7, bool control_always = false) {
    auto made = frames_.frame_after(*stream_, from, cursor, control_always);
    EXPECT_TRUE(made);
    return *made;
  }

  storage::StreamHandle stream_ = create("a", "application/json");
  FrameCache frames_{*engine_};
};

TEST_F(FrameCacheTest, NothingNewIsAnEmptyFrameUnlessAControlEventIsWanted) {
  EXPECT_TRUE(frame({}).bytes.empty());
  const Frame control = frame({}, 7, true);
  EXPECT_EQ(control.bytes.view().find("event: data"), std::string_view::npos);
  EXPECT_NE(control.bytes.view().find("event: control"), std::string_view::npos);
  EXPECT_TRUE(control.at_tail);
}

TEST_F(FrameCacheTest, TheSamePlaceAndCursorShareTheirBytes) {
  append(*stream_, "1,");
  settle();
  const Frame one = frame({});
  EXPECT_EQ(one.bytes.view().data(), frame({}).bytes.view().data());
  EXPECT_NE(one.bytes.view().data(), frame({}, 8).bytes.view().data());
}

TEST_F(FrameCacheTest, AfterInvalidationNewDataIsSeen) {
  append(*stream_, "1,");
  settle();
  const Frame before = frame({});
  append(*stream_, "2,");
  settle();
  frames_.invalidate();
  const Frame after = frame({});
  EXPECT_GT(after.next, before.next);
  EXPECT_NE(after.bytes.view().find('2'), std::string_view::npos);
}

TEST_F(FrameCacheTest, TheLastFrameSaysThatTheStreamIsClosedAndHasNoCursor) {
  append(*stream_, "1,", true);
  settle();
  const Frame last = frame({});
  EXPECT_TRUE(last.closed);
  EXPECT_NE(last.bytes.view().find(R"("streamClosed":true)"), std::string_view::npos);
  EXPECT_EQ(last.bytes.view().find("streamCursor"), std::string_view::npos);
  EXPECT_TRUE(frame(last.next).closed);
}

TEST_F(FrameCacheTest, MoreReadersThanItRemembersAreServedAllTheSame) {
  std::vector<protocol::Offset> places = {{}};
  for (int i = 0; i < 20; ++i) {
    append(*stream_, std::to_string(i) + ",");
    settle();
    places.push_back(stream_->snapshot().tail);
  }
  for (size_t i = 0; i + 1 < places.size(); ++i) {
    EXPECT_EQ(frame(places[i]).next, places.back()) << i;
  }
}

}  // namespace
}  // namespace durable_streams::streams
