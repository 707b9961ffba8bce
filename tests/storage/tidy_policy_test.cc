#include "storage/tidy_policy.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace durable_streams::storage {
namespace {

constexpr uint64_t mib = 1024 * 1024;

TidyFile segment(uint64_t size) {
  return {false, size, 0};
}
TidyFile run(uint64_t size, uint64_t dead = 0) {
  return {true, size, dead};
}

// "fold 2+3": kind, first and count.
std::string choose(const std::vector<TidyFile>& files) {
  const auto job = choose_tidy_job(files, {});
  if (!job) return "nothing";
  const char* const kinds[] = {"fold", "merge", "rewrite"};
  return std::string(kinds[static_cast<size_t>(job->kind)]) + " " +
         std::to_string(job->first) + "+" + std::to_string(job->count);
}

TEST(TidyPolicy, ASealedSegmentIsFoldedIfItIsLargeEnough) {
  EXPECT_EQ(choose({segment(31 * mib)}), "nothing");
  EXPECT_EQ(choose({segment(32 * mib)}), "fold 0+1");
}

TEST(TidyPolicy, SmallSegmentsAreGathered) {
  EXPECT_EQ(choose({segment(mib), segment(mib), segment(mib)}), "nothing");
  EXPECT_EQ(choose({segment(mib), segment(mib), segment(mib), segment(mib)}),
            "fold 0+4");
  EXPECT_EQ(choose({segment(20 * mib), segment(20 * mib), segment(30 * mib)}),
            "fold 0+2");
}

TEST(TidyPolicy, ASegmentThatIsTooLargeIsFoldedByItself) {
  EXPECT_EQ(choose({segment(500 * mib), segment(mib)}), "fold 0+1");
}

TEST(TidyPolicy, ASmallSegmentDoesNotWaitInFrontOfALargeOne) {
  EXPECT_EQ(choose({segment(mib), segment(64 * mib)}), "fold 0+1");
}

TEST(TidyPolicy, FoldingComesFirst) {
  EXPECT_EQ(choose({run(mib), run(mib), run(mib), run(mib), segment(64 * mib)}),
            "fold 4+1");
}

TEST(TidyPolicy, RunsOfLikeSizeAreMergedFourAtATime) {
  const uint64_t m = 50 * mib;
  EXPECT_EQ(choose({run(m), run(m), run(m)}), "nothing");
  EXPECT_EQ(choose({run(m), run(m), run(m), run(m), run(m)}), "merge 0+4");
  EXPECT_EQ(choose({run(200 * mib), run(m), run(m), run(m), run(m)}), "merge 1+4");
}

TEST(TidyPolicy, ASmallerRunBetweenLargerOnesIsMergedWithThem) {
  EXPECT_EQ(choose({run(200 * mib), run(mib), run(200 * mib), run(200 * mib)}),
            "merge 0+4");
}

TEST(TidyPolicy, MergingMakesNoRunThatIsTooLarge) {
  EXPECT_EQ(choose({run(300 * mib), run(300 * mib), run(300 * mib), run(300 * mib)}),
            "nothing");
  EXPECT_EQ(choose({run(300 * mib), run(250 * mib), run(250 * mib), run(250 * mib),
                    run(250 * mib)}),
            "merge 1+4");
}

TEST(TidyPolicy, WhatIsDeadDoesNotCount) {
  EXPECT_EQ(choose({run(300 * mib, 100 * mib), run(300 * mib, 100 * mib),
                    run(300 * mib, 100 * mib), run(300 * mib, 100 * mib)}),
            "merge 0+4");
}

TEST(TidyPolicy, ARunThatIsMostlyDeadIsRewritten) {
  EXPECT_EQ(choose({run(100 * mib, 50 * mib)}), "nothing");
  EXPECT_EQ(choose({run(100 * mib, 51 * mib)}), "rewrite 0+1");
  EXPECT_EQ(choose({run(100 * mib, 60 * mib), run(200 * mib, 150 * mib)}),
            "rewrite 1+1");
  EXPECT_EQ(choose({run(mib, mib - 1)}), "nothing");
}

}  // namespace
}  // namespace durable_streams::storage
