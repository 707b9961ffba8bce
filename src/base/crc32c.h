// CRC-32C (Castagnoli): finds damaged bytes. No protection against forgery.
//
// Uses the processor's own instruction where there is one, else tables.
// Threads: any.
#pragma once

#include <cstdint>
#include <string_view>

namespace durable_streams {

// The checksum of `bytes`; of several pieces in a row if each call is given the
// result of the one before as `seed`.
uint32_t crc32c(std::string_view bytes, uint32_t seed = 0);

// The same by tables alone: what crc32c() falls back to, for tests.
uint32_t crc32c_by_table(std::string_view bytes, uint32_t seed = 0);

}  // namespace durable_streams
