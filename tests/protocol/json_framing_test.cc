#include "protocol/json_framing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "protocol/errc.h"
#include "testing/random.h"

namespace durable_streams::protocol {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The stored bytes, or the sentence of the error's code.
std::string stored(std::string_view body) {
  const Result<FramedPayload> framed = frame_json(body);
  return framed ? framed->bytes : framed.error().code.message();
}

const std::string invalid = std::error_code(Errc::invalid_json).message();
const std::string too_deep = std::error_code(Errc::json_too_deep).message();

TEST(FrameJson, KeepsAMessageByteForByte) {  // §9.1
  EXPECT_EQ(stored("{\"event\":\"created\"}"), "{\"event\":\"created\"},");
  EXPECT_EQ(stored("{ \"b\" : 1.0e2,\n\"b\":\"\\u00E9\" }"),
            "{ \"b\" : 1.0e2,\n\"b\":\"\\u00E9\" },");
  EXPECT_EQ(stored("\"a,]\""), "\"a,]\",");
  EXPECT_EQ(stored("null"), "null,");
  EXPECT_EQ(stored("-0"), "-0,");
}

TEST(FrameJson, DropsTheSpaceAroundMessagesAlone) {
  EXPECT_EQ(stored(" \r\n\t{ \"a\":1 } \n"), "{ \"a\":1 },");
  EXPECT_EQ(stored(" [ 1 ,\n [ 2 ] , \"x y\" ] "), "1,[ 2 ],\"x y\",");
}

TEST(FrameJson, FlattensOneLevel) {  // §9.1.2
  EXPECT_EQ(stored("[{\"event\":\"a\"},{\"event\":\"b\"}]"),
            "{\"event\":\"a\"},{\"event\":\"b\"},");
  EXPECT_EQ(stored("[[1,2],[3,4]]"), "[1,2],[3,4],");
  EXPECT_EQ(stored("[[[1,2,3]]]"), "[[1,2,3]],");
  EXPECT_EQ(stored("[[]]"), "[],");
  EXPECT_EQ(stored("[{},[],\"\",0,null,true,false]"), "{},[],\"\",0,null,true,false,");
}

TEST(FrameJson, IsNotMisledByStrings) {
  EXPECT_EQ(stored("[\"]\",\"[,\",\"\\\\\",\"\\\",\",{\"]\":\"}\"}]"),
            "\"]\",\"[,\",\"\\\\\",\"\\\",\",{\"]\":\"}\"},");
}

TEST(FrameJson, EmptyArrayIsAnEmptyPayload) {  // §9.1.3: POST refuses it, PUT does not.
  EXPECT_EQ(stored("[]"), "");
  EXPECT_EQ(stored(" [ \n ] "), "");
  EXPECT_TRUE(frame_json("[]")->empty());
}

TEST(FrameJson, RefusesWhatIsNotOneJsonText) {  // §9.1.4
  for (const std::string& body :
       {std::string(), std::string(" "), std::string("{"), std::string("[1,]"),
        std::string("1 2"), std::string("[1][2]"), std::string("{\"a\":1},"),
        std::string("nope"), std::string("[\"a]"), std::string("\"\xff\""),
        std::string("[\xc3]"), std::string("1\0", 2), std::string("[1]\0", 4),
        std::string("\xef\xbb\xbf{}")}) {
    EXPECT_EQ(stored(body), invalid) << ::testing::PrintToString(body);
  }
}

TEST(FrameJson, SaysWhatIsWrong) {
  EXPECT_EQ(frame_json("{\"a\":1,}").error().detail,
            "At byte 7 of the body: A key in quotes is missing.");
}

TEST(FrameJson, TakesNumbersAndEscapesOfAnySize) {
  for (const std::string& body :
       {std::string("18446744073709551616"), std::string(400, '7'),
        std::string("[1e400]"), std::string("{\"a\":\"\\ud800\"}"),
        std::string("\"\\udc00\\ud800\"")}) {
    const bool is_array = body.front() == '[';
    EXPECT_EQ(stored(body), (is_array ? body.substr(1, body.size() - 2) : body) + ",");
  }
}

TEST(FrameJson, DepthIsCountedByMessage) {
  const auto objects = [](size_t depth) {
    std::string text;
    for (size_t i = 0; i < depth; ++i)
      text += "{\"a\":";
    return text + "1" + std::string(depth, '}');
  };
  const auto arrays = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  const size_t most = limits::json_depth_max;
  EXPECT_EQ(stored(objects(most)), objects(most) + ",");
  EXPECT_EQ(stored(objects(most + 1)), too_deep);
  EXPECT_EQ(stored("[" + objects(most) + "]"), objects(most) + ",");
  EXPECT_EQ(stored("[" + objects(most + 1) + "]"), too_deep);
  EXPECT_EQ(stored("[" + arrays(most) + ",1]"), arrays(most) + ",1,");
  EXPECT_EQ(stored(arrays(most + 2)), too_deep);
  EXPECT_EQ(stored(std::string(1'000'000, '[')), too_deep);
}

TEST(FrameJson, WorksAlikeOnBothSidesOfTheFastParsersLimit) {
  for (const size_t size : {size_t{100}, size_t{262'000}, size_t{262'144},
                            size_t{263'000}, size_t{3'000'000}}) {
    const std::string text = "\"" + std::string(size, 'x') + "\"";
    EXPECT_EQ(stored(text), text + ",");
    EXPECT_EQ(stored("[" + text + ", 1 ]"), text + ",1,");
    EXPECT_EQ(stored(text + "x"), invalid);
    EXPECT_EQ(stored(text.substr(1)), invalid);
  }
}

TEST(FrameJson, BodyMayBeAnyViewIntoMemory) {
  // No byte behind the view is looked at.
  const std::string memory = "[1,2]]]]]";
  EXPECT_EQ(stored(std::string_view(memory).substr(0, 5)), "1,2,");
  EXPECT_EQ(stored(std::string_view(memory).substr(0, 4)), invalid);
}

// What the header says of boundaries, but for spacing.
void expect_ascending_inside(const FramedPayload& payload) {
  size_t last = 0;
  for (const uint32_t boundary : payload.boundaries) {
    ASSERT_GT(boundary, last);
    ASSERT_LT(boundary, payload.bytes.size());
    last = boundary;
  }
}

TEST(FrameJson, BoundariesLieBetweenMessagesFarEnoughApart) {
  const std::string message =
      "\"" + std::string(997, 'x') + "\"";  // 1,000 with its comma.
  std::string body = "[" + message;
  for (int i = 1; i < 300; ++i)
    body += ", " + message;
  const FramedPayload payload = *frame_json(body + "]");
  ASSERT_EQ(payload.bytes.size(), 300'000u);
  EXPECT_THAT(payload.boundaries, ElementsAre(66'000, 132'000, 198'000, 264'000));
}

TEST(FrameJson, ShortPayloadsAndSingleMessagesHaveNoBoundaries) {
  EXPECT_THAT(frame_json("[1,2,3]")->boundaries, IsEmpty());
  const std::string long_message = "\"" + std::string(500'000, 'x') + "\"";
  EXPECT_THAT(frame_json(long_message)->boundaries, IsEmpty());
  EXPECT_THAT(frame_json("[" + long_message + "]")->boundaries, IsEmpty());
  EXPECT_THAT(frame_json("[" + long_message + ",1]")->boundaries, ElementsAre(500'003));
  EXPECT_THAT(frame_json("[1," + long_message + "]")->boundaries, IsEmpty());
}

TEST(FrameBinary, BoundariesMayBeAnywhere) {
  EXPECT_THAT(frame_binary("short").boundaries, IsEmpty());
  EXPECT_THAT(frame_binary(std::string(boundary_spacing, 'x')).boundaries, IsEmpty());
  EXPECT_THAT(frame_binary(std::string(boundary_spacing + 1, 'x')).boundaries,
              ElementsAre(boundary_spacing));
  EXPECT_THAT(frame_binary(std::string(3 * boundary_spacing, 'x')).boundaries,
              ElementsAre(boundary_spacing, 2 * boundary_spacing));
  EXPECT_EQ(frame_binary(std::string("a\0b", 3)).bytes, std::string("a\0b", 3));
}

// A text in which `sequence` begins `before` bytes ahead of the first boundary.
std::vector<uint32_t> boundaries_with(const std::string& sequence, size_t before) {
  std::string text(boundary_spacing - before, 'x');
  text += sequence + std::string(100, 'y');
  return frame_text(text).boundaries;
}

TEST(FrameText, BoundariesNeverSplitASequence) {
  for (const std::string& sequence :
       {std::string("\xc3\xa9"), std::string("\xe2\x82\xac"),
        std::string("\xf0\x9f\x98\x80"), std::string("\r\n")}) {
    EXPECT_THAT(boundaries_with(sequence, 0), ElementsAre(boundary_spacing));
    for (size_t before = 1; before < sequence.size(); ++before) {
      EXPECT_THAT(boundaries_with(sequence, before),
                  ElementsAre(boundary_spacing - before + sequence.size()))
          << ::testing::PrintToString(sequence) << " " << before;
    }
    EXPECT_THAT(boundaries_with(sequence, sequence.size()),
                ElementsAre(boundary_spacing));
  }
}

TEST(FrameText, BytesThatAreNoUtf8CountAsOne) {
  EXPECT_THAT(boundaries_with("\xc3x", 1), ElementsAre(boundary_spacing));
  EXPECT_THAT(boundaries_with("\xf0\x9fx", 2), ElementsAre(boundary_spacing));
  EXPECT_THAT(boundaries_with("\xff\x80\x80", 1), ElementsAre(boundary_spacing));
  EXPECT_THAT(boundaries_with(std::string(20, '\x80'), 10),
              ElementsAre(boundary_spacing));
}

TEST(FrameText, ASequenceAtTheVeryEndLeavesNoBoundary) {
  const std::string text = std::string(boundary_spacing - 1, 'x') + "\xc3\xa9";
  EXPECT_THAT(frame_text(text).boundaries, IsEmpty());
  const std::string cut = std::string(boundary_spacing - 1, 'x') + "\xe2\x82";
  EXPECT_THAT(frame_text(cut).boundaries, ElementsAre(boundary_spacing));
}

TEST(FrameText, RandomTextsAreCutIntoValidOnes) {
  testing::Random random;
  const std::string_view parts[] = {"a", "\xc3\xa9", "\xe2\x82\xac",
                                    "\xf0\x9f\x98\x80"};
  for (int round = 0; round < 5; ++round) {
    std::string text;
    while (text.size() < 5 * boundary_spacing)
      text += parts[random.below(std::size(parts))];
    const FramedPayload payload = frame_text(text);
    ASSERT_GE(payload.boundaries.size(), 4u);
    ASSERT_NO_FATAL_FAILURE(expect_ascending_inside(payload));
    for (const uint32_t boundary : payload.boundaries) {
      ASSERT_NE(static_cast<unsigned char>(payload.bytes[boundary]) & 0xc0, 0x80);
    }
  }
}

}  // namespace
}  // namespace durable_streams::protocol
