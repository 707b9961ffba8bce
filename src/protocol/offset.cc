#include "protocol/offset.h"

#include <cstddef>

namespace durable_streams::protocol {
namespace {

constexpr size_t half_digits = 16;
constexpr size_t token_size = 2 * half_digits + 1;

void put_half(char* into, uint64_t value) {
  for (size_t i = half_digits; i-- > 0; value /= 10) {
    into[i] = static_cast<char>('0' + value % 10);
  }
}

std::optional<uint64_t> parse_half(std::string_view digits) {
  uint64_t value = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(digit - '0');
  }
  return value;
}

}  // namespace

std::string Offset::to_string() const {
  std::string token(token_size, '_');
  put_half(token.data(), owner_id);
  put_half(token.data() + half_digits + 1, position);
  return token;
}

std::optional<Offset> Offset::parse(std::string_view token) {
  if (token.size() != token_size || token[half_digits] != '_') return std::nullopt;
  const auto owner_id = parse_half(token.substr(0, half_digits));
  const auto position = parse_half(token.substr(half_digits + 1));
  if (!owner_id || !position) return std::nullopt;
  return Offset{*owner_id, *position};
}

std::optional<ReadStart> parse_read_start(std::string_view text) {
  if (text == "-1") return FromStart{};
  if (text == "now") return FromNow{};
  const std::optional<Offset> offset = Offset::parse(text);
  if (!offset) return std::nullopt;
  return *offset;
}

}  // namespace durable_streams::protocol
