#include "protocol/stream_config.h"

#include "base/limits.h"
#include "protocol/ascii.h"

namespace durable_streams::protocol {
namespace {

// "Text/Plain; charset=utf-8" → "Text/Plain".
std::string_view media_type(std::string_view content_type) {
  return trim(content_type.substr(0, content_type.find(';')));
}

bool is_token(std::string_view text) {
  for (const char c : text) {
    if (!is_token_char(c)) return false;
  }
  return !text.empty();
}

// Skips one parameter, `name=token` or `name="quoted"`, without white space
// around it. Null on a syntax error.
const char* skip_parameter(const char* at, const char* end) {
  const char* const name = at;
  while (at != end && is_token_char(*at))
    ++at;
  if (at == name || at == end || *at != '=') return nullptr;
  ++at;
  if (at != end && *at == '"') {
    for (++at; at != end && *at != '"'; ++at) {
      if (*at == '\\' && ++at == end) return nullptr;
      const auto byte = static_cast<unsigned char>(*at);
      if ((byte < ' ' && byte != '\t') || byte == 0x7f) return nullptr;
    }
    return at == end ? nullptr : at + 1;
  }
  const char* const value = at;
  while (at != end && is_token_char(*at))
    ++at;
  return at == value ? nullptr : at;
}

const char* skip_spaces(const char* at, const char* end) {
  while (at != end && (*at == ' ' || *at == '\t'))
    ++at;
  return at;
}

// *( OWS ";" OWS [ parameter ] ), RFC 9110 §5.6.6.
bool are_parameters(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    at = skip_spaces(at, end);
    if (at == end || *at != ';') return at == end;
    at = skip_spaces(at + 1, end);
    if (at == end || *at == ';') continue;
    at = skip_parameter(at, end);
    if (at == nullptr) return false;
  }
  return true;
}

}  // namespace

bool StreamConfig::is_json() const {
  return framing_of(content_type) == Framing::json;
}

Framing framing_of(std::string_view content_type) {
  const std::string_view type = media_type(content_type);
  if (equal_ignoring_case(type, "application/json")) return Framing::json;
  if (equal_ignoring_case(type.substr(0, 5), "text/")) return Framing::text;
  return Framing::binary;
}

bool same_content_type(std::string_view one, std::string_view other) {
  return one == other || equal_ignoring_case(media_type(one), media_type(other));
}

bool is_valid_content_type(std::string_view text) {
  if (text.size() > limits::content_type_bytes_max) return false;
  const std::string_view type = media_type(text);
  const size_t slash = type.find('/');
  if (slash == std::string_view::npos) return false;
  if (!is_token(type.substr(0, slash)) || !is_token(type.substr(slash + 1)))
    return false;
  const size_t semicolon = text.find(';');
  return semicolon == std::string_view::npos || are_parameters(text.substr(semicolon));
}

bool same_config(const StreamConfig& one, const StreamConfig& other) {
  return same_content_type(one.content_type, other.content_type) &&
         one.ttl_seconds == other.ttl_seconds &&
         one.expires_at_ms == other.expires_at_ms;
}

}  // namespace durable_streams::protocol
