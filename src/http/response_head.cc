#include "http/response_head.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/assert.h"

namespace durable_streams::http {
namespace {

bool breaks_a_header(char c) {
  return c == '\r' || c == '\n' || c == '\0';
}

bool is_name(std::string_view name) {
  for (const char c : name) {
    const bool upper_case = c >= 'A' && c <= 'Z';
    if (c <= ' ' || c == ':' || c == '\x7f' || upper_case) return false;
  }
  return !name.empty();
}

std::string without_breaks(std::string_view value) {
  std::string kept;
  kept.reserve(value.size());
  for (const char c : value) {
    if (!breaks_a_header(c)) kept.push_back(c);
  }
  return kept;
}

}  // namespace

ConstantFields::ConstantFields(std::vector<std::pair<std::string, std::string>> fields)
    : fields_(std::move(fields)) {
  for (auto& [name, value] : fields_) {
    DS_ASSERT(is_name(name));
    value = without_breaks(value);
    http1_text_ += name + ": " + value + "\r\n";
  }
}

ResponseHead& ResponseHead::add(std::string_view name, std::string_view value) {
  DS_ASSERT(is_name(name));
  const auto position = static_cast<uint32_t>(arena_.size());
  arena_.insert(arena_.end(), name.begin(), name.end());
  arena_.insert(arena_.end(), value.begin(), value.end());
  const auto value_begin =
      arena_.begin() + position + static_cast<ptrdiff_t>(name.size());
  arena_.erase(std::remove_if(value_begin, arena_.end(), breaks_a_header),
               arena_.end());
  const size_t value_size = arena_.size() - position - name.size();
  entries_.push_back({position, static_cast<uint32_t>(name.size()),
                      static_cast<uint32_t>(value_size)});
  return *this;
}

ResponseHead& ResponseHead::add(std::string_view name, uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return add(name, std::string_view(digits.data(), end.ptr));
}

}  // namespace durable_streams::http
