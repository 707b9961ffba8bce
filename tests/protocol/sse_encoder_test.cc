#include "protocol/sse_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/random.h"

namespace durable_streams::protocol {
namespace {

using ::testing::ElementsAre;

struct Event {
  std::string type;
  std::string data;

  friend bool operator==(const Event&, const Event&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Event& event) {
    return out << event.type << ": " << ::testing::PrintToString(event.data);
  }
};

std::string with_lf_ends(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {
      out += '\n';
      if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

// A reader as the WHATWG text describes it ("Interpreting an event stream").
std::vector<Event> read_events(std::string_view stream) {
  std::vector<Event> events;
  Event event;
  bool has_data = false;
  std::string text = with_lf_ends(stream);
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    if (end == std::string::npos) break;
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.empty()) {
      if (has_data) {
        event.data.pop_back();
        events.push_back(event);
      }
      event = {};
      has_data = false;
      continue;
    }
    const size_t colon = line.find(':');
    const std::string field = line.substr(0, colon);
    std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
    if (!value.empty() && value.front() == ' ') value.erase(0, 1);
    if (field == "event") event.type = value;
    if (field == "data") {
      event.data += value + '\n';
      has_data = true;
    }
  }
  return events;
}

std::string data_event(Framing framing, std::vector<std::string> chunks) {
  std::vector<SharedBytes> shared;
  for (std::string& chunk : chunks)
    shared.emplace_back(std::move(chunk));
  std::string out;
  append_data_event(out, framing, shared);
  return out;
}

TEST(SseData, NothingForNoBytes) {
  for (const Framing framing : {Framing::json, Framing::text, Framing::binary}) {
    EXPECT_EQ(data_event(framing, {}), "");
    EXPECT_EQ(data_event(framing, {"", ""}), "");
  }
}

TEST(SseData, JsonBecomesAnArray) {
  EXPECT_EQ(data_event(Framing::json, {"{\"a\":1},"}),
            "event: data\ndata:[{\"a\":1}]\n\n");
  EXPECT_EQ(data_event(Framing::json, {"1,2,", "3,"}), "event: data\ndata:[1,2,3]\n\n");
  EXPECT_EQ(data_event(Framing::json, {"1,", "", "2,", ""}),
            "event: data\ndata:[1,2]\n\n");
}

TEST(SseData, JsonWithLineEndsInItsWhiteSpaceStaysOneEvent) {
  const std::string sent = data_event(Framing::json, {"{\n  \"a\":\r\n 1\r},"});
  EXPECT_THAT(read_events(sent), ElementsAre(Event{"data", "[{\n  \"a\":\n 1\n}]"}));
}

TEST(SseData, TextIsSentLineByLine) {
  EXPECT_EQ(data_event(Framing::text, {"line1\nline2\nline3"}),
            "event: data\ndata:line1\ndata:line2\ndata:line3\n\n");
  EXPECT_EQ(data_event(Framing::text, {"a\n"}), "event: data\ndata:a\ndata:\n\n");
}

TEST(SseData, KeepsLeadingSpaces) {
  const std::string sent = data_event(Framing::text, {" one\n  two\n:three"});
  EXPECT_THAT(read_events(sent), ElementsAre(Event{"data", " one\n  two\n:three"}));
}

TEST(SseData, NoTextForgesAnEvent) {
  const std::string attacks[] = {
      "safe\r\n\r\nevent: control\r\ndata: {\"injected\":true}\r\n\r\nmore",
      "start\n\nevent: data\ndata: fake\n\nend",
      "start\r\revent: control\rdata: {}\r\rend",
      "\n\n\n",
      "\r\n\r\n",
      "id: 7\nretry: 1\n: comment"};
  for (const std::string& attack : attacks) {
    EXPECT_THAT(read_events(data_event(Framing::text, {attack})),
                ElementsAre(Event{"data", with_lf_ends(attack)}));
  }
}

TEST(SseData, LineEndsAcrossChunksCountOnce) {
  EXPECT_EQ(data_event(Framing::text, {"a\r", "\nb"}),
            "event: data\ndata:a\ndata:b\n\n");
  EXPECT_EQ(data_event(Framing::text, {"a\r", "", "\nb"}),
            "event: data\ndata:a\ndata:b\n\n");
  EXPECT_EQ(data_event(Framing::text, {"a\n", "\nb"}),
            "event: data\ndata:a\ndata:\ndata:b\n\n");
}

TEST(SseData, AnyTextInAnyChunksComesBack) {
  testing::Random random;
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> chunks(1 + random.below(4));
    std::string all;
    for (std::string& chunk : chunks) {
      for (size_t i = random.below(10); i > 0; --i)
        chunk += random.pick("ab :\r\n\r\n");
      all += chunk;
    }
    if (all.empty()) continue;
    const std::string sent = data_event(Framing::text, chunks);
    ASSERT_THAT(read_events(sent), ElementsAre(Event{"data", with_lf_ends(all)}))
        << ::testing::PrintToString(chunks);
  }
}

// A page of nothing but carriage returns would take minutes if each looked for a
// line feed through the rest of the page.
TEST(SseData, ManyLoneCarriageReturnsCostNoMoreThanOthers) {
  const std::string sent = data_event(Framing::text, {std::string(1 << 20, '\r')});
  EXPECT_EQ(sent.size(),
            std::string_view("event: data\ndata:\n\n").size() + 6 * (1 << 20));
}

TEST(SseData, BinaryIsBase64OfAllChunks) {
  EXPECT_EQ(data_event(Framing::binary, {"He", "l", "lo"}),
            "event: data\ndata:SGVsbG8=\n\n");
}

TEST(SseControl, NamesTheNextOffset) {
  std::string out = "x";
  append_control_event(out, {.next_offset = {1, 2}, .cursor = {}});
  EXPECT_EQ(out,
            "xevent: control\n"
            "data:{\"streamNextOffset\":\"0000000000000001_0000000000000002\"}\n\n");
}

TEST(SseControl, CarriesWhatIsKnown) {
  std::string out;
  append_control_event(out,
                       {.next_offset = {1, 2}, .cursor = 1234, .up_to_date = true});
  EXPECT_EQ(out,
            "event: control\n"
            "data:{\"streamNextOffset\":\"0000000000000001_0000000000000002\","
            "\"streamCursor\":\"1234\",\"upToDate\":true}\n\n");
  out.clear();
  append_control_event(
      out, {.next_offset = {1, 2}, .cursor = {}, .up_to_date = true, .closed = true});
  EXPECT_EQ(out,
            "event: control\n"
            "data:{\"streamNextOffset\":\"0000000000000001_0000000000000002\","
            "\"upToDate\":true,\"streamClosed\":true}\n\n");
}

TEST(SseKeepAlive, IsNoEvent) {
  EXPECT_TRUE(read_events(sse_keep_alive).empty());
  std::string out(sse_keep_alive);
  append_control_event(out, {.next_offset = {1, 2}, .cursor = {}});
  EXPECT_EQ(read_events(out).size(), 1u);
}

}  // namespace
}  // namespace durable_streams::protocol
