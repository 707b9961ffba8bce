#include "server/address_range.h"

#include <gtest/gtest.h>

namespace durable_streams::server {
namespace {

bool contains(std::string_view range, std::string_view address) {
  const auto parsed = AddressRange::parse(range);
  EXPECT_TRUE(parsed) << range;
  return parsed && parsed->contains(address);
}

TEST(AddressRange, AnAddressContainsItselfAlone) {
  EXPECT_TRUE(contains("10.0.0.4", "10.0.0.4"));
  EXPECT_FALSE(contains("10.0.0.4", "10.0.0.5"));
  EXPECT_TRUE(contains("fd00::1", "fd00:0::1"));
  EXPECT_FALSE(contains("fd00::1", "fd00::2"));
}

TEST(AddressRange, APrefixDecidesAtItsLastBit) {
  EXPECT_TRUE(contains("10.0.0.0/23", "10.0.1.255"));
  EXPECT_FALSE(contains("10.0.0.0/23", "10.0.2.0"));
  EXPECT_TRUE(contains("10.0.0.77/24", "10.0.0.1"))
      << "bits below the prefix are ignored";
  EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
  EXPECT_TRUE(contains("fd00::/7", "fc00::1"));
  EXPECT_FALSE(contains("fd00::/8", "fc00::1"));
}

TEST(AddressRange, AMappedPeerIsTheV4AddressThatItMaps) {
  EXPECT_TRUE(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_FALSE(contains("0.0.0.0/0", "fd00::1"));
}

TEST(AddressRange, WhatIsNoAddressIsInNoRange) {
  EXPECT_FALSE(contains("0.0.0.0/0", ""));
  EXPECT_FALSE(contains("::/0", "localhost"));
}

TEST(AddressRange, RefusesEverythingElse) {
  for (const char* text : {"", "localhost", "10.0.0", "10.0.0.4/", "10.0.0.4/33",
                           "10.0.0.4/-1", "10.0.0.4/8x", "::1/129", "10.0.0.4/8/8"}) {
    EXPECT_FALSE(AddressRange::parse(text)) << text;
  }
}

TEST(LoopbackAddress, IsAnyOf127AndTheV6One) {
  EXPECT_TRUE(is_loopback_address("127.0.0.1"));
  EXPECT_TRUE(is_loopback_address("127.8.9.1"));
  EXPECT_TRUE(is_loopback_address("::1"));
  EXPECT_FALSE(is_loopback_address("0.0.0.0"));
  EXPECT_FALSE(is_loopback_address("::"));
  EXPECT_FALSE(is_loopback_address("localhost"));
}

}  // namespace
}  // namespace durable_streams::server
