// What a stream is created with and keeps for its life (PROTOCOL.md §5.1).
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace durable_streams::protocol {

struct StreamConfig {
  // As the creator wrote it; compared by same_content_type().
  std::string content_type = "application/octet-stream";

  // At most one of the two is set.
  std::optional<uint64_t> ttl_seconds;   // Sliding: reads and writes renew it.
  std::optional<int64_t> expires_at_ms;  // Wall clock, milliseconds since 1970.

  friend bool operator==(const StreamConfig&, const StreamConfig&) = default;

  bool is_json() const;
};

// A configuration that many streams share: immutable, counted in itself, so that
// each of them keeps it by one pointer.
struct SharedConfig final : StreamConfig, boost::intrusive_ref_counter<SharedConfig> {
  explicit SharedConfig(StreamConfig config) : StreamConfig(std::move(config)) {}
};
using ConfigPtr = boost::intrusive_ptr<const SharedConfig>;

inline ConfigPtr share_config(StreamConfig config) {
  return ConfigPtr(new SharedConfig(std::move(config)));
}

// How messages of a content type are framed on disk and shown by SSE.
enum class Framing {
  json,    // Messages, each stored with a comma behind it (json_framing.h).
  text,    // text/*: bytes; SSE shows them as they are.
  binary,  // Anything else: bytes; SSE shows base64.
};
Framing framing_of(std::string_view content_type);

// Equal media types, by RFC 9110 §8.3.1: case-insensitive, parameters ignored.
bool same_content_type(std::string_view one, std::string_view other);

// A syntactically valid "type/subtype" with optional parameters, within limits.
bool is_valid_content_type(std::string_view text);

// Same media type, TTL and expiry: what PUT compares before it answers 200.
bool same_config(const StreamConfig& one, const StreamConfig& other);

}  // namespace durable_streams::protocol
