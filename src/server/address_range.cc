#include "server/address_range.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>
#include <utility>

namespace durable_streams::server {
namespace {

using Bytes = std::array<uint8_t, 16>;

struct ParsedAddress {
  Bytes bytes{};
  bool is_v4 = false;
};

std::optional<ParsedAddress> parse_address(std::string_view text) {
  const std::string terminated(text);
  ParsedAddress parsed;
  in_addr v4;
  if (inet_pton(AF_INET, terminated.c_str(), &v4) == 1) {
    parsed.is_v4 = true;
    parsed.bytes[10] = parsed.bytes[11] = 0xff;
    std::memcpy(&parsed.bytes[12], &v4, sizeof v4);
    return parsed;
  }
  in6_addr v6;
  if (inet_pton(AF_INET6, terminated.c_str(), &v6) == 1) {
    std::memcpy(parsed.bytes.data(), &v6, sizeof v6);
    return parsed;
  }
  return std::nullopt;
}

bool same_prefix(const Bytes& one, const Bytes& other, int bits) {
  const auto whole = static_cast<size_t>(bits) / 8;
  if (std::memcmp(one.data(), other.data(), whole) != 0) return false;
  const int rest = bits % 8;
  if (rest == 0) return true;
  const int mask = 0xff << (8 - rest);
  return ((one[whole] ^ other[whole]) & mask) == 0;
}

}  // namespace

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  const int bits_max = address->is_v4 ? 32 : 128;
  int bits = bits_max;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || end != digits.data() + digits.size()) {
      return std::nullopt;
    }
    if (bits < 0 || bits > bits_max) return std::nullopt;
  }
  if (address->is_v4) bits += 96;
  return AddressRange(std::string(text), address->bytes, bits);
}

bool AddressRange::contains(std::string_view address) const {
  const auto parsed = parse_address(address);
  return parsed && same_prefix(bytes_, parsed->bytes, prefix_bits_);
}

bool is_ip_address(std::string_view text) {
  return parse_address(text).has_value();
}

bool is_loopback_address(std::string_view text) {
  static const AddressRange v4 = *AddressRange::parse("127.0.0.0/8");
  static const AddressRange v6 = *AddressRange::parse("::1");
  return v4.contains(text) || v6.contains(text);
}

}  // namespace durable_streams::server
