#include "auth/loopback.h"

#include "protocol/ascii.h"

namespace durable_streams::auth {
namespace {

using protocol::equal_ignoring_case;
using protocol::is_digit;
using protocol::to_lower;

// Takes an octet of an IPv4 address from the front; -1 if there is none.
int take_octet(std::string_view& text) {
  int value = 0;
  size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) {
    value = value * 10 + (text[digits] - '0');
    if (++digits > 3 || value > 255) return -1;
  }
  if (digits == 0 || (digits > 1 && text.front() == '0')) return -1;
  text.remove_prefix(digits);
  return value;
}

bool is_loopback_ipv4(std::string_view text) {
  for (int octet = 0; octet < 4; ++octet) {
    if (octet > 0) {
      if (text.empty() || text.front() != '.') return false;
      text.remove_prefix(1);
    }
    const int value = take_octet(text);
    if (value < 0 || (octet == 0 && value != 127)) return false;
  }
  return text.empty();
}

// "localhost" or a name below it (RFC 6761 §6.3).
bool is_localhost(std::string_view name) {
  constexpr std::string_view last = "localhost";
  if (name.size() < last.size()) return false;
  const std::string_view end = name.substr(name.size() - last.size());
  if (!equal_ignoring_case(end, last)) return false;
  std::string_view before = name.substr(0, name.size() - last.size());
  if (before.empty()) return true;
  bool label_is_empty = true;
  for (const char c : before) {
    const char lower = to_lower(c);
    const bool in_label =
        is_digit(c) || (lower >= 'a' && lower <= 'z') || c == '-' || c == '_';
    if (!in_label && (c != '.' || label_is_empty)) return false;
    label_is_empty = c == '.';
  }
  return before.back() == '.';
}

bool is_port(std::string_view text) {
  for (const char c : text) {
    if (!is_digit(c)) return false;
  }
  return !text.empty() && text.size() <= 5;
}

// Cuts ":port" off; false if what stands there is no port.
bool cut_port(std::string_view& host) {
  const size_t bracket = host.rfind(']');
  const size_t colon = host.rfind(':');
  if (colon == std::string_view::npos) return true;
  if (bracket != std::string_view::npos && colon < bracket) return true;
  if (!is_port(host.substr(colon + 1))) return false;
  host = host.substr(0, colon);
  return true;
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  if (!cut_port(host)) return false;
  return host == "[::1]" || is_loopback_ipv4(host) || is_localhost(host);
}

bool is_loopback_origin(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (equal_ignoring_case(origin.substr(0, scheme.size()), scheme)) {
      return is_loopback_host(origin.substr(scheme.size()));
    }
  }
  return false;
}

}  // namespace durable_streams::auth
