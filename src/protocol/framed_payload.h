// The bytes of one append as they are stored and, later, sent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace durable_streams::protocol {

// Invariants: `boundaries` ascend strictly, each 0 < b < bytes.size(); the end
// of `bytes` is always a boundary and is not listed.
struct FramedPayload {
  // JSON: each message byte for byte, each followed by one comma. Else as sent.
  std::string bytes;

  // Positions inside `bytes` at which a page may end, at least
  // `boundary_spacing` apart: between JSON messages, between UTF-8 sequences
  // of text, anywhere in binary. Most payloads are short and have none.
  std::vector<uint32_t> boundaries;

  bool empty() const { return bytes.empty(); }
};

// Distance between boundaries that are kept inside one payload. Small enough
// that a page ends close below limits::page_bytes_max.
inline constexpr size_t boundary_spacing = 64 * 1024;

}  // namespace durable_streams::protocol
