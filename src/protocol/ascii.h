// Character classes of ASCII, independent of any locale.
#pragma once

#include <string_view>

namespace durable_streams::protocol {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Equal but for the case of ASCII letters.
constexpr bool equal_ignoring_case(std::string_view one, std::string_view other) {
  if (one.size() != other.size()) return false;
  for (size_t i = 0; i < one.size(); ++i) {
    if (to_lower(one[i]) != to_lower(other[i])) return false;
  }
  return true;
}

// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// A character of an HTTP token (RFC 9110 §5.6.2).
constexpr bool is_token_char(char c) {
  const char lower = to_lower(c);
  if (is_digit(c) || (lower >= 'a' && lower <= 'z')) return true;
  return c != '\0' &&
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// Without the spaces and tabs at both ends.
constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

}  // namespace durable_streams::protocol
