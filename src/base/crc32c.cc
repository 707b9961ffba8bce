#include "base/crc32c.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace durable_streams {
namespace {

constexpr uint32_t polynomial = 0x82F63B78;  // Reflected.
constexpr size_t slices = 8;

using Tables = std::array<std::array<uint32_t, 256>, slices>;

// tables[n][b]: the effect of byte `b` with `n` bytes behind it.
constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1) ^ ((crc & 1) ? polynomial : 0);
    tables[0][byte] = crc;
  }
  for (size_t slice = 1; slice < slices; ++slice) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[slice - 1][byte];
      tables[slice][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

uint64_t load_8(const char* from) {
  uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t crc32c_by_instruction(std::string_view bytes,
                                                                 uint32_t seed) {
  uint64_t crc = ~seed;
  const char* next = bytes.data();
  const char* const end = next + bytes.size();
  for (; end - next >= 8; next += 8)
    crc = _mm_crc32_u64(crc, load_8(next));
  uint32_t rest = static_cast<uint32_t>(crc);
  for (; next != end; ++next)
    rest = _mm_crc32_u8(rest, static_cast<unsigned char>(*next));
  return ~rest;
}
#endif

using Function = uint32_t (*)(std::string_view, uint32_t);

Function best_function() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return crc32c_by_instruction;
#endif
  return crc32c_by_table;
}

}  // namespace

uint32_t crc32c(std::string_view bytes, uint32_t seed) {
  static const Function function = best_function();
  return function(bytes, seed);
}

uint32_t crc32c_by_table(std::string_view bytes, uint32_t seed) {
  uint32_t crc = ~seed;
  const char* next = bytes.data();
  const char* const end = next + bytes.size();
  if constexpr (std::endian::native == std::endian::little) {
    for (; end - next >= 8; next += 8) {
      uint64_t word = load_8(next) ^ crc;
      crc = 0;
      for (size_t slice = slices; slice-- > 0; word >>= 8)
        crc ^= tables[slice][word & 0xFF];
    }
  }
  for (; next != end; ++next) {
    crc = (crc >> 8) ^ tables[0][(crc ^ static_cast<unsigned char>(*next)) & 0xFF];
  }
  return ~crc;
}

}  // namespace durable_streams
