#include "protocol/json_framing.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>

#include "base/limits.h"
#include "protocol/errc.h"
#include "protocol/json_validator.h"

namespace durable_streams::protocol {
namespace {

// Larger bodies go to the slower validator, which needs no memory: simdjson's
// takes up to sixteen bytes for each of the body's, and keeps them.
constexpr size_t fast_body_bytes_max = 256 * 1024;

class FastParser {
 public:
  FastParser() : parser_(fast_body_bytes_max) {
    // Its limit counts one level earlier than ours: it never accepts what is
    // too deep, and what it refuses is looked at again.
    usable_ = parser_.allocate(16 * 1024, limits::json_depth_max) == simdjson::SUCCESS;
  }

  // True: certainly valid and not too deep. False: unknown.
  bool accepts(std::string_view body) {
    return usable_ && body.size() <= fast_body_bytes_max &&
           parser_.parse(body.data(), body.size()).error() == simdjson::SUCCESS;
  }

 private:
  simdjson::dom::parser parser_;
  bool usable_;
};

std::string_view trim_json_space(std::string_view text) {
  while (!text.empty() && is_json_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_json_space(text.back()))
    text.remove_suffix(1);
  return text;
}

Result<void> validate(std::string_view body, bool is_array) {
  thread_local FastParser fast_parser;
  if (fast_parser.accepts(body)) return {};
  // The array around the messages is no part of them.
  const size_t depth_max = limits::json_depth_max + (is_array ? 1 : 0);
  const std::optional<JsonProblem> problem = find_json_problem(body, depth_max);
  if (!problem) return {};
  return fail(
      problem->too_deep ? Errc::json_too_deep : Errc::invalid_json,
      fmt::format("At byte {} of the body: {}", problem->position, problem->what));
}

// Collects a payload's messages.
class MessageWriter {
 public:
  explicit MessageWriter(size_t bytes_max) { payload_.bytes.reserve(bytes_max); }

  void add(std::string_view message) {
    const size_t begin = payload_.bytes.size();
    if (begin >= last_boundary_ + boundary_spacing) {
      payload_.boundaries.push_back(static_cast<uint32_t>(begin));
      last_boundary_ = begin;
    }
    payload_.bytes += message;
    payload_.bytes += ',';
  }

  FramedPayload take() { return std::move(payload_); }

 private:
  FramedPayload payload_;
  size_t last_boundary_ = 0;
};

// By byte: whether it is one of `characters`.
constexpr auto table_of(std::string_view characters) {
  std::array<bool, 256> table{};
  for (const char c : characters)
    table[static_cast<unsigned char>(c)] = true;
  return table;
}

// The first place from `at` on with a byte of `table`; there is one.
size_t skip_until(const std::array<bool, 256>& table, std::string_view json,
                  size_t at) {
  while (!table[static_cast<unsigned char>(json[at])])
    ++at;
  return at;
}

// The position behind the string that begins at `at`.
size_t skip_string(std::string_view json, size_t at) {
  static constexpr auto ends = table_of("\"\\");
  for (;;) {
    at = skip_until(ends, json, at + 1);
    if (json[at] == '"') return at + 1;
    ++at;  // What is escaped.
  }
}

// The position behind the value that begins at `at`, which is valid: where the
// comma or bracket stands that ends it.
size_t skip_value(std::string_view json, size_t at) {
  static constexpr auto marks = table_of("\"{}[],");
  for (size_t depth = 0;;) {
    at = skip_until(marks, json, at);
    switch (json[at]) {
      case '"':
        at = skip_string(json, at);
        continue;
      case ',':
        if (depth == 0) return at;
        break;
      case '{':
      case '[':
        ++depth;
        break;
      default:  // A closing bracket.
        if (depth == 0) return at;
        --depth;
        break;
    }
    ++at;
  }
}

// `array` is valid and begins and ends with its brackets.
void add_elements(std::string_view array, MessageWriter& writer) {
  size_t at = 1;
  while (is_json_space(array[at]))
    ++at;
  if (array[at] == ']') return;
  for (;;) {
    const size_t end = skip_value(array, at);
    writer.add(trim_json_space(array.substr(at, end - at)));
    if (array[end] == ']') return;
    at = end + 1;
  }
}

// The length of the UTF-8 sequence that `lead` begins; 1 for what begins none.
size_t sequence_size(unsigned char lead) {
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  return 1;
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// `at`, or the end of the UTF-8 sequence or the CRLF that it would split.
size_t text_boundary(std::string_view text, size_t at) {
  if (text[at] == '\n' && text[at - 1] == '\r') return at + 1;
  for (size_t begin = at - 1; at - begin <= 3; --begin) {
    if (!is_continuation(text[begin])) {
      const size_t size = sequence_size(static_cast<unsigned char>(text[begin]));
      const std::string_view sequence = text.substr(begin, size);
      if (sequence.size() < size || begin + size <= at) return at;
      for (const char c : sequence.substr(1)) {
        if (!is_continuation(c)) return at;
      }
      return begin + size;
    }
  }
  return at;
}

}  // namespace

Result<FramedPayload> frame_json(std::string_view body) {
  const std::string_view text = trim_json_space(body);
  const bool is_array = !text.empty() && text.front() == '[';
  if (Result<void> valid = validate(body, is_array); !valid) return fail(valid.error());

  MessageWriter writer(text.size() + 1);
  if (is_array) {
    add_elements(text, writer);
  } else {
    writer.add(text);
  }
  return writer.take();
}

FramedPayload frame_text(std::string body) {
  FramedPayload payload;
  for (size_t at = boundary_spacing; at < body.size(); at += boundary_spacing) {
    at = text_boundary(body, at);
    if (at < body.size()) payload.boundaries.push_back(static_cast<uint32_t>(at));
  }
  payload.bytes = std::move(body);
  return payload;
}

FramedPayload frame_binary(std::string body) {
  FramedPayload payload;
  for (size_t at = boundary_spacing; at < body.size(); at += boundary_spacing) {
    payload.boundaries.push_back(static_cast<uint32_t>(at));
  }
  payload.bytes = std::move(body);
  return payload;
}

}  // namespace durable_streams::protocol
