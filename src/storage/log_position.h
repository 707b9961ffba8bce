// A place in the log: a segment's number and a position in its file.
#pragma once

#include <compare>
#include <cstdint>

namespace durable_streams::storage {

// Ordered as the log is. All zeros: before the first segment.
struct LogPosition {
  uint32_t segment = 0;   // Segments are numbered from 1.
  uint32_t position = 0;  // Bytes from the beginning of the file.

  friend auto operator<=>(const LogPosition&, const LogPosition&) = default;

  uint64_t packed() const { return (uint64_t{segment} << 32) | position; }
  static LogPosition unpack(uint64_t packed) {
    return {static_cast<uint32_t>(packed >> 32), static_cast<uint32_t>(packed)};
  }
};

}  // namespace durable_streams::storage
