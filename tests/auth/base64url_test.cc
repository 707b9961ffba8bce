#include "auth/base64url.h"

#include <gtest/gtest.h>

#include "testing/random.h"

namespace durable_streams::auth {
namespace {

TEST(Base64url, EncodesWithoutPadding) {
  EXPECT_EQ(base64url_encode(""), "");
  EXPECT_EQ(base64url_encode("f"), "Zg");
  EXPECT_EQ(base64url_encode("fo"), "Zm8");
  EXPECT_EQ(base64url_encode("foo"), "Zm9v");
  EXPECT_EQ(base64url_encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url_encode("\xfb\xff\xfe"), "-__-");
}

TEST(Base64url, DecodesWhatItEncodes) {
  testing::Random random;
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (size_t i = random.below(40); i > 0; --i)
      bytes += random.byte();
    ASSERT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
  }
}

TEST(Base64url, DecodesNothingElse) {
  for (const char* text : {"Z", "Zg==", "Zg=", "Zm9vY", "Zm9v=", "+__-", "-//-",
                           "Zm 9v", "Zm9v\n", " Zm9v", "Zm.9v", "Zm9v\xc3\xa9"}) {
    EXPECT_EQ(base64url_decode(text), std::nullopt) << text;
  }
  EXPECT_EQ(base64url_decode(std::string("Zm9\0", 4)), std::nullopt);
}

// Otherwise a signature could be written in several ways.
TEST(Base64url, OneTextOnlyStandsForGivenBytes) {
  EXPECT_EQ(base64url_decode("Zg"), "f");
  for (const char* text : {"Zh", "Zj", "Zn", "Zv"}) {
    EXPECT_EQ(base64url_decode(text), std::nullopt) << text;
  }
  EXPECT_EQ(base64url_decode("Zm8"), "fo");
  EXPECT_EQ(base64url_decode("Zm9"), std::nullopt);
}

}  // namespace
}  // namespace durable_streams::auth
