// Operating errors of protocol/: malformed input that has more to say than a
// fixed sentence.
#pragma once

#include <system_error>

namespace durable_streams::protocol {

enum class Errc {
  invalid_json = 1,  // The body is not one valid JSON text.
  json_too_deep,     // Nested beyond limits::json_depth_max.
};

// The one category object.
const std::error_category& error_category() noexcept;
inline std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

}  // namespace durable_streams::protocol

template <>
struct std::is_error_code_enum<durable_streams::protocol::Errc> : std::true_type {};
