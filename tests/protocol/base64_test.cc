#include "protocol/base64.h"

#include <gtest/gtest.h>

#include "testing/random.h"

namespace durable_streams::protocol {
namespace {

std::string encode(std::vector<std::string> chunks) {
  std::vector<SharedBytes> shared;
  for (std::string& chunk : chunks)
    shared.emplace_back(std::move(chunk));
  std::string out = "before:";
  append_base64(out, shared);
  EXPECT_EQ(out.substr(0, 7), "before:");
  return out.substr(7);
}

// Bit by bit, from the definition.
std::string slow_encode(std::string_view bytes) {
  const std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t bit = 0; bit < bytes.size() * 8; bit += 6) {
    size_t value = 0;
    for (size_t i = bit; i < bit + 6; ++i) {
      const bool set = i / 8 < bytes.size() &&
                       ((static_cast<unsigned char>(bytes[i / 8]) >> (7 - i % 8)) & 1);
      value = value * 2 + (set ? 1 : 0);
    }
    out += alphabet[value];
  }
  while (out.size() % 4 != 0)
    out += '=';
  return out;
}

TEST(Base64, EncodesTheVectorsOfRfc4648) {
  EXPECT_EQ(encode({""}), "");
  EXPECT_EQ(encode({"f"}), "Zg==");
  EXPECT_EQ(encode({"fo"}), "Zm8=");
  EXPECT_EQ(encode({"foo"}), "Zm9v");
  EXPECT_EQ(encode({"foob"}), "Zm9vYg==");
  EXPECT_EQ(encode({"fooba"}), "Zm9vYmE=");
  EXPECT_EQ(encode({"foobar"}), "Zm9vYmFy");
  EXPECT_EQ(encode({"\xfb\xff\xfe"}), "+//+");
  EXPECT_EQ(encode({std::string(2, '\0')}), "AAA=");
}

TEST(Base64, TakesChunksForOneSequence) {
  testing::Random random;
  for (int round = 0; round < 500; ++round) {
    std::vector<std::string> chunks(random.below(6));
    std::string all;
    for (std::string& chunk : chunks) {
      for (size_t i = random.below(8); i > 0; --i)
        chunk += random.byte();
      all += chunk;
    }
    ASSERT_EQ(encode(chunks), slow_encode(all));
  }
}

}  // namespace
}  // namespace durable_streams::protocol
