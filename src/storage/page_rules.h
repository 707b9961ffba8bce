// Where a page of a stream may begin and end (protocol/framed_payload.h).
//
// All positions are counted from the beginning of one stored payload of `size`
// bytes; `boundaries` are those inside it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace durable_streams::storage {

// Whether a read may start at `position` <= `size`.
bool is_boundary(uint64_t position, uint64_t size,
                 std::span<const uint32_t> boundaries);

// How many bytes of the payload, from the boundary `position` on, go into a page
// with `room` bytes left: all if they fit, else up to the last boundary that
// fits. If none fits: 0, or, if the page `must_grow`, up to the next boundary,
// for a page holds at least one message.
uint64_t bytes_to_take(uint64_t position, uint64_t size,
                       std::span<const uint32_t> boundaries, uint64_t room,
                       bool must_grow);

}  // namespace durable_streams::storage
