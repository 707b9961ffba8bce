// The address of a connection's other end, in as few bytes as it takes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

struct sockaddr_storage;

namespace durable_streams::http {

struct Peer {
  enum class Family : uint8_t { none, ipv4, ipv6 };  // none: a Unix socket.

  std::array<uint8_t, 16> address{};  // Network order; ipv4 uses four.
  Family family = Family::none;

  static Peer from(const sockaddr_storage& address);

  // Writes the textual address to `into` (46 bytes at least); returns its size.
  // An IPv4 address mapped into IPv6 is shown as IPv4.
  size_t print(char* into, size_t size) const;

  friend bool operator==(const Peer&, const Peer&) = default;
};

}  // namespace durable_streams::http
