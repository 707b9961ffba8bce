#include "durable_streams/json_messages.h"

#include <algorithm>
#include <string>

namespace durable_streams::client {
namespace {

constexpr std::string_view white_space = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const size_t start = text.find_first_not_of(white_space);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(white_space) - start + 1);
}

// The position behind a string that starts at `position`; npos if it has no end.
size_t skip_string(std::string_view text, size_t position) {
  for (size_t i = position + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<std::vector<std::string_view>> json_messages(std::string_view array) {
  array = trimmed(array);
  if (array.size() < 2 || array.front() != '[' || array.back() != ']')
    return std::nullopt;
  const std::string_view inside = array.substr(1, array.size() - 2);
  std::vector<std::string_view> messages;
  if (trimmed(inside).empty()) return messages;
  size_t start = 0;
  size_t depth = 0;
  for (size_t i = 0; i < inside.size();) {
    const char c = inside[i];
    if (c == '"') {
      i = skip_string(inside, i);
      if (i == std::string_view::npos) return std::nullopt;
      continue;
    }
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') {
      if (depth == 0) return std::nullopt;
      --depth;
    }
    if (c == ',' && depth == 0) {
      messages.push_back(trimmed(inside.substr(start, i - start)));
      start = i + 1;
    }
    ++i;
  }
  if (depth != 0) return std::nullopt;
  messages.push_back(trimmed(inside.substr(start)));
  const bool has_empty =
      std::any_of(messages.begin(), messages.end(),
                  [](std::string_view message) { return message.empty(); });
  if (has_empty) return std::nullopt;
  return messages;
}

bool is_json_content_type(std::string_view content_type) {
  std::string media_type(trimmed(content_type.substr(0, content_type.find(';'))));
  std::transform(media_type.begin(), media_type.end(), media_type.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return media_type == "application/json";
}

}  // namespace durable_streams::client
