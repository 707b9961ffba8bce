#include "storage/page_rules.h"

#include <gtest/gtest.h>

#include <vector>

namespace durable_streams::storage {
namespace {

const std::vector<uint32_t> boundaries{4, 8, 12};

TEST(PageRules, EndsAndListedPositionsAreBoundaries) {
  for (uint64_t position = 0; position <= 14; ++position) {
    const bool expected = position % 4 == 0 || position == 14;
    EXPECT_EQ(is_boundary(position, 14, boundaries), expected) << position;
  }
  EXPECT_FALSE(is_boundary(4, 14, {}));
}

// Against the sentence in the header, for every input of a small range.
TEST(PageRules, APageTakesWhatFitsAndAtLeastAMessageIfItMustGrow) {
  for (const uint64_t position : {0, 4, 8, 12}) {
    for (uint64_t room = 0; room <= 20; ++room) {
      uint64_t fitting = 0;
      uint64_t shortest = 0;
      for (const uint64_t end : {4, 8, 12, 14}) {
        if (end <= position) continue;
        if (end - position <= room) fitting = end - position;
        if (shortest == 0) shortest = end - position;
      }
      EXPECT_EQ(bytes_to_take(position, 14, boundaries, room, false), fitting);
      EXPECT_EQ(bytes_to_take(position, 14, boundaries, room, true),
                fitting > 0 ? fitting : shortest);
    }
  }
}

}  // namespace
}  // namespace durable_streams::storage
