// Server-Sent Events for stream reads (PROTOCOL.md §5.8).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/shared_bytes.h"
#include "protocol/offset.h"
#include "protocol/stream_config.h"

namespace durable_streams::protocol {

// Appends to `out` one `event: data` with the stored bytes of `chunks`:
// json: the messages as an array, one `data:` line or more;
// text: a `data:` line for each line (CR, LF and CRLF all end lines, so that no
// data can forge an event); binary: base64 on one line.
// Nothing is appended if the chunks hold no bytes.
void append_data_event(std::string& out, Framing framing,
                       std::span<const SharedBytes> chunks);

struct ControlEvent {
  Offset next_offset;
  std::optional<uint64_t> cursor;  // Absent once closed.
  bool up_to_date = false;
  bool closed = false;
};

// Appends one `event: control`.
void append_control_event(std::string& out, const ControlEvent& event);

// A comment that keeps proxies from cutting a quiet stream.
inline constexpr std::string_view sse_keep_alive = ":\n\n";

}  // namespace durable_streams::protocol
