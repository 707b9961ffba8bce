#include "http/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace durable_streams::http {

Peer Peer::from(const sockaddr_storage& address) {
  Peer peer;
  if (address.ss_family == AF_INET) {
    sockaddr_in ipv4;
    std::memcpy(&ipv4, &address, sizeof ipv4);
    std::memcpy(peer.address.data(), &ipv4.sin_addr, sizeof ipv4.sin_addr);
    peer.family = Family::ipv4;
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 ipv6;
    std::memcpy(&ipv6, &address, sizeof ipv6);
    if (IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr)) {
      std::copy_n(ipv6.sin6_addr.s6_addr + 12, 4, peer.address.begin());
      peer.family = Family::ipv4;
    } else {
      std::copy_n(ipv6.sin6_addr.s6_addr, 16, peer.address.begin());
      peer.family = Family::ipv6;
    }
  }
  return peer;
}

size_t Peer::print(char* into, size_t size) const {
  if (family == Family::none) return 0;
  const int af = family == Family::ipv4 ? AF_INET : AF_INET6;
  if (::inet_ntop(af, address.data(), into, static_cast<socklen_t>(size)) == nullptr)
    return 0;
  return std::strlen(into);
}

}  // namespace durable_streams::http
