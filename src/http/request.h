// One request as handlers see it, whatever HTTP version carried it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace durable_streams::http {

enum class Method : uint8_t { get, head, post, put, del, options, other };

// Header fields that the server looks at, parsed into slots. One that stands
// twice in a request is answered with 400 before a handler sees it.
enum class Field : uint8_t {
  host,
  authorization,
  content_type,
  content_length,
  origin,
  if_none_match,
  accept,
  access_control_request_headers,
  user_agent,
  x_request_id,
  stream_seq,
  stream_closed,
  stream_ttl,
  stream_expires_at,
  stream_forked_from,
  stream_fork_offset,
  stream_fork_sub_offset,
  producer_id,
  producer_epoch,
  producer_seq,
  count_
};
inline constexpr size_t field_count = static_cast<size_t>(Field::count_);

// The lower-case name of a field, "content-type".
std::string_view field_name(Field field);

// The field of that name, in any case; nullopt if the server does not look at it.
std::optional<Field> find_field(std::string_view name);

// Views into the transport's storage: valid until the exchange is answered,
// parked or started (exchange.h). Take copies of what must live longer.
struct Request {
  Method method = Method::other;
  std::string_view method_text;  // As sent.
  std::string_view path;         // Raw, before '?'.
  std::string_view query;        // Raw, after '?'; empty if none.
  std::array<std::optional<std::string_view>, field_count> fields;
  std::string body;  // Whole; a handler may move it out.

  bool secure = false;            // Came over TLS.
  std::string_view peer_address;  // Textual IP address; empty for a Unix socket.

  std::optional<std::string_view> field(Field name) const {
    return fields[static_cast<size_t>(name)];
  }
};

}  // namespace durable_streams::http
