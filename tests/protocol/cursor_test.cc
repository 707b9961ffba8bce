#include "protocol/cursor.h"

#include <gtest/gtest.h>

#include "testing/random.h"

namespace durable_streams::protocol {
namespace {

constexpr int64_t interval_1000 = cursor_origin_ms + 1000 * cursor_interval_ms;

TEST(Cursor, IsTheIntervalNumber) {
  EXPECT_EQ(next_cursor(cursor_origin_ms, "", 0), 0u);
  EXPECT_EQ(next_cursor(interval_1000, "", 99), 1000u);
  EXPECT_EQ(next_cursor(interval_1000 + cursor_interval_ms - 1, "", 99), 1000u);
  EXPECT_EQ(next_cursor(interval_1000 + cursor_interval_ms, "", 99), 1001u);
  EXPECT_EQ(next_cursor(0, "", 99), 0u) << "a clock before the origin";
}

TEST(Cursor, MovesOnFromTheClientsOwn) {  // §10.1, 3
  EXPECT_EQ(next_cursor(interval_1000, "999", 5), 1000u);
  EXPECT_EQ(next_cursor(interval_1000, "1000", 0), 1001u);
  EXPECT_EQ(next_cursor(interval_1000, "1000", 179), 1180u);
  EXPECT_EQ(next_cursor(interval_1000, "1000", 180), 1001u);
  EXPECT_EQ(next_cursor(interval_1000, "5000", 1), 5002u);
}

TEST(Cursor, NeverGoesBackWhateverTheDice) {
  testing::Random random;
  uint64_t cursor = 0;
  for (int i = 0; i < 1000; ++i) {
    const int64_t wall_ms =
        interval_1000 + static_cast<int64_t>(random.below(100'000'000));
    const uint64_t next = next_cursor(wall_ms, std::to_string(cursor), random.bits());
    ASSERT_GT(next, cursor);
    cursor = next;
  }
}

TEST(Cursor, TakesAMalformedOneForNone) {
  for (const char* text : {"abc", "-5", "1000x", " 1000", "+1000", "1e9", "0x7d0",
                           "99999999999999999999999", "18446744073709551615"}) {
    EXPECT_EQ(next_cursor(interval_1000, text, 7), 1000u) << text;
  }
}

}  // namespace
}  // namespace durable_streams::protocol
