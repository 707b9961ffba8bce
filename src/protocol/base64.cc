#include "protocol/base64.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace durable_streams::protocol {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The two characters of each 12 bits.
constexpr auto pairs = [] {
  std::array<std::array<char, 2>, 4096> table{};
  for (size_t i = 0; i < table.size(); ++i)
    table[i] = {alphabet[i >> 6], alphabet[i & 63]};
  return table;
}();

uint32_t byte_at(const char* at) {
  return static_cast<unsigned char>(*at);
}

char* put_group(char* into, const char* three) {
  const uint32_t bits =
      byte_at(three) << 16 | byte_at(three + 1) << 8 | byte_at(three + 2);
  std::memcpy(into, pairs[bits >> 12].data(), 2);
  std::memcpy(into + 2, pairs[bits & 4095].data(), 2);
  return into + 4;
}

}  // namespace

void append_base64(std::string& out, std::span<const SharedBytes> chunks) {
  size_t bytes = 0;
  for (const SharedBytes& chunk : chunks)
    bytes += chunk.size();
  const size_t old_size = out.size();
  out.resize(old_size + (bytes + 2) / 3 * 4);
  char* into = out.data() + old_size;

  char carried[3] = {};  // Bytes of a group that began in an earlier chunk.
  size_t carried_size = 0;
  for (const SharedBytes& chunk : chunks) {
    const char* at = chunk.view().data();
    const char* const end = at + chunk.size();
    while (carried_size > 0 && carried_size < 3 && at != end)
      carried[carried_size++] = *at++;
    if (carried_size == 3) {
      into = put_group(into, carried);
      carried_size = 0;
    }
    for (; end - at >= 3; at += 3)
      into = put_group(into, at);
    while (at != end)
      carried[carried_size++] = *at++;
  }
  if (carried_size == 0) return;
  for (size_t i = carried_size; i < 3; ++i)
    carried[i] = '\0';
  put_group(into, carried);
  std::memset(into + carried_size + 1, '=', 3 - carried_size);
}

}  // namespace durable_streams::protocol
