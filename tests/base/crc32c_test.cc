#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace durable_streams {
namespace {

// RFC 3720, appendix B.4.
TEST(Crc32c, GivesThePublishedValues) {
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
  EXPECT_EQ(crc32c_by_table("123456789"), 0xE3069283u);
}

TEST(Crc32c, InstructionAndTablesAgreeAndPiecesAddUp) {
  std::mt19937 random(1);
  std::string bytes;
  for (size_t size = 0; size < 300; ++size) {
    const uint32_t whole = crc32c(bytes);
    EXPECT_EQ(crc32c_by_table(bytes), whole) << size;
    const size_t cut = size == 0 ? 0 : random() % size;
    const std::string_view view = bytes;
    EXPECT_EQ(crc32c(view.substr(cut), crc32c(view.substr(0, cut))), whole) << size;
    EXPECT_EQ(crc32c_by_table(view.substr(cut), crc32c_by_table(view.substr(0, cut))),
              whole);
    bytes += static_cast<char>(random());
  }
}

}  // namespace
}  // namespace durable_streams
