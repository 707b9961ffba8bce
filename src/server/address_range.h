// A set of IP addresses as people write it: one address, or CIDR.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace durable_streams::server {

// IPv4 addresses are kept in their IPv6-mapped form, so that a peer of an IPv6
// socket (::ffff:10.0.0.4) and of an IPv4 one (10.0.0.4) are the same.
class AddressRange {
 public:
  // "10.0.0.4", "10.0.0.0/8", "fd00::/8"; nullopt for anything else. Bits below
  // the prefix are ignored.
  static std::optional<AddressRange> parse(std::string_view text);

  // `address` is textual; false if it is not an IP address (an empty one too).
  bool contains(std::string_view address) const;

  // As it was written.
  const std::string& text() const { return text_; }

  friend bool operator==(const AddressRange&, const AddressRange&) = default;

 private:
  using Bytes = std::array<uint8_t, 16>;

  AddressRange(std::string text, Bytes bytes, int prefix_bits)
      : text_(std::move(text)), bytes_(bytes), prefix_bits_(prefix_bits) {}

  std::string text_;
  Bytes bytes_;
  int prefix_bits_;  // 0 … 128, counted in the mapped form.
};

// Whether `text` is one numeric IPv4 or IPv6 address.
bool is_ip_address(std::string_view text);

// Whether `text` is a numeric address of 127.0.0.0/8 or ::1.
bool is_loopback_address(std::string_view text);

}  // namespace durable_streams::server
