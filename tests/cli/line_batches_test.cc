#include "cli/line_batches.h"

#include <gtest/gtest.h>

namespace durable_streams::cli {
namespace {

TEST(LineBatches, HoldBackALineUntilItEnds) {
  LineBatches batches(false);
  EXPECT_FALSE(batches.add("ab"));
  const auto batch = batches.add("c\nde\nf");
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->body, "abc\nde\n");
  EXPECT_EQ(batch->lines, 2u);
  const auto last = batches.finish();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->body, "f");
  EXPECT_FALSE(batches.finish());
}

TEST(LineBatches, OfJsonAreArraysOfMessages) {
  LineBatches batches(true);
  const auto batch = batches.add("{\"n\":1}\r\n\n  \n[2,3]\n{");
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->body, "[{\"n\":1}\r\n,[2,3]\n]");
  EXPECT_EQ(batch->lines, 2u);
}

TEST(LineBatches, OfBlankJsonLinesAreNone) {
  LineBatches batches(true);
  EXPECT_FALSE(batches.add("\n \n"));
  EXPECT_FALSE(batches.finish());
}

TEST(LineBatches, OfOtherStreamsKeepBlankLines) {
  LineBatches batches(false);
  const auto batch = batches.add("\n\n");
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->body, "\n\n");
  EXPECT_EQ(batch->lines, 2u);
}

}  // namespace
}  // namespace durable_streams::cli
