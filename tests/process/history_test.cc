// The checker itself: a sound history passes, each broken promise is found.
#include "history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace durable_streams::process {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() {
    life_.path = "s";
    for (uint64_t i = 0; i < 3; ++i)
      send("p", i);
    send("q", 0);
    life_.last_read.exists = true;
    life_.last_read.events = {of("p", 0), of("q", 0), of("p", 1), of("p", 2)};
    life_.observations = {{"reader", {of("p", 0), of("q", 0), of("p", 1)}}};
  }

  static std::string of(const std::string& producer, uint64_t number) {
    return event_text("s", 1, producer, number);
  }
  void send(const std::string& producer, uint64_t number) {
    life_.attempts[producer].push_back(
        {of(producer, number), true, std::to_string(++offset_)});
  }
  std::vector<std::string>& last() { return life_.last_read.events; }
  std::vector<std::string>& seen() { return life_.observations.front().events; }

  StreamLife life_;
  int offset_ = 0;
};

TEST_F(HistoryTest, ASoundHistoryHasNoFaults) {
  EXPECT_THAT(faults_of(life_), IsEmpty());
}

TEST_F(HistoryTest, AnEventWithoutAnAckMayBeThereOrNot) {
  life_.attempts["p"].push_back({of("p", 3), false, ""});
  EXPECT_THAT(faults_of(life_), IsEmpty());
  last().push_back(of("p", 3));
  EXPECT_THAT(faults_of(life_), IsEmpty());
}

TEST_F(HistoryTest, FindsALostEventAtTheEnd) {
  last().pop_back();
  EXPECT_THAT(faults_of(life_),
              ElementsAre(HasSubstr("p:2 was acknowledged and is lost")));
}

TEST_F(HistoryTest, FindsALostEventInTheMiddle) {
  last().erase(last().begin() + 2);
  EXPECT_THAT(faults_of(life_),
              Contains(HasSubstr("p:1 was acknowledged and is lost")));
  EXPECT_THAT(faults_of(life_), Contains(HasSubstr("p:2 is behind a lost event")));
}

TEST_F(HistoryTest, FindsADoubledEvent) {
  last().push_back(of("q", 0));
  EXPECT_THAT(faults_of(life_), ElementsAre(HasSubstr("q:0 is doubled")));
}

TEST_F(HistoryTest, FindsAProducersEventsInAnotherOrder) {
  life_.observations.clear();
  std::swap(last()[2], last()[3]);
  EXPECT_THAT(faults_of(life_), Contains(HasSubstr("p:1 is reordered")));
}

TEST_F(HistoryTest, FindsAReaderThatSawAnotherOrder) {
  std::swap(seen()[0], seen()[1]);
  EXPECT_THAT(faults_of(life_), ElementsAre(HasSubstr("reader: s#1/q:0 is reordered")));
}

TEST_F(HistoryTest, FindsWhatAReaderSawAndIsGone) {
  life_.attempts["p"].push_back({of("p", 3), false, ""});
  seen() = last();
  seen().push_back(of("p", 3));
  EXPECT_THAT(faults_of(life_), ElementsAre(HasSubstr("p:3 was seen and is lost")));
}

TEST_F(HistoryTest, FindsReadersOfADeletedStreamThatDisagree) {
  life_.deleted = true;
  life_.observations.push_back({"other", {of("q", 0), of("p", 0)}});
  EXPECT_THAT(faults_of(life_), ElementsAre(HasSubstr("other: s#1/q:0 is reordered")));
}

TEST_F(HistoryTest, FindsAnEventOfAnEarlierLife) {
  last().push_back(event_text("s", 0, "p", 0));
  EXPECT_THAT(faults_of(life_), ElementsAre(HasSubstr("s#0/p:0 is resurrected")));
}

TEST_F(HistoryTest, FindsAnEventThatNobodySent) {
  last().push_back("nonsense");
  EXPECT_THAT(faults_of(life_), ElementsAre(HasSubstr("nonsense is invented")));
}

TEST_F(HistoryTest, FindsALostStream) {
  life_.last_read = {};
  life_.observations.clear();
  EXPECT_THAT(faults_of(life_), ElementsAre(HasSubstr("the stream is lost")));
}

TEST_F(HistoryTest, FindsALostClosureAndAnInventedOne) {
  life_.closed = true;
  EXPECT_THAT(faults_of(life_), ElementsAre(HasSubstr("open again")));
  life_.closed = false;
  life_.last_read.closed = true;
  EXPECT_THAT(faults_of(life_), ElementsAre(HasSubstr("closed by nobody")));
}

TEST_F(HistoryTest, FindsOffsetsThatDoNotAscend) {
  life_.attempts["p"][1].offset = life_.attempts["p"][0].offset;
  EXPECT_THAT(faults_of(life_), ElementsAre(HasSubstr("does not follow")));
}

}  // namespace
}  // namespace durable_streams::process
