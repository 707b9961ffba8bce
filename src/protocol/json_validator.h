// A strict validator of JSON (RFC 8259) for what faster parsers refuse although
// it is valid: integers beyond 64 bits, `1e400`, lone surrogate escapes, large
// bodies. (RapidJSON's refuses those as well, and takes a NUL for the end.)
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace durable_streams::protocol {

struct JsonProblem {
  size_t position;        // The byte at which the text stopped being valid.
  const char* what;       // A sentence.
  bool too_deep = false;  // Valid so far, but nested beyond the limit.
};

// nullopt if `text` is one JSON value in UTF-8 with white space around it,
// nested at most `depth_max` <= json_validator_depth_max deep (a scalar has
// depth 0). Numbers of any size and any escapes are fine. Iterative; no
// allocation; one pass, after one for UTF-8.
inline constexpr size_t json_validator_depth_max = 1024;
std::optional<JsonProblem> find_json_problem(std::string_view text, size_t depth_max);

// Space, tab, LF and CR: what JSON takes for white space.
constexpr bool is_json_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

}  // namespace durable_streams::protocol
