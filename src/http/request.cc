#include "http/request.h"

#include "base/assert.h"

namespace durable_streams::http {
namespace {

constexpr std::array<std::string_view, field_count> names = {
    "host",
    "authorization",
    "content-type",
    "content-length",
    "origin",
    "if-none-match",
    "accept",
    "access-control-request-headers",
    "user-agent",
    "x-request-id",
    "stream-seq",
    "stream-closed",
    "stream-ttl",
    "stream-expires-at",
    "stream-forked-from",
    "stream-fork-offset",
    "stream-fork-sub-offset",
    "producer-id",
    "producer-epoch",
    "producer-seq",
};
static_assert(!names.back().empty(), "every Field has a name");

constexpr size_t name_bytes_max = 32;

// Fields by length of their name: few share one, so a look-up compares once or
// twice.
struct ByLength {
  static constexpr size_t bucket_size = 4;
  std::array<std::array<uint8_t, bucket_size>, name_bytes_max + 1> fields{};
  std::array<uint8_t, name_bytes_max + 1> counts{};

  constexpr ByLength() {
    for (size_t i = 0; i < field_count; ++i) {
      const size_t length = names[i].size();
      fields[length][counts[length]++] = static_cast<uint8_t>(i);
    }
  }
};
constexpr ByLength by_length;  // Too long or too many names: a compile error.

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != lower_case[i]) return false;
  }
  return true;
}

}  // namespace

std::string_view field_name(Field field) {
  DS_ASSERT(field < Field::count_);
  return names[static_cast<size_t>(field)];
}

std::optional<Field> find_field(std::string_view name) {
  if (name.size() > name_bytes_max) return std::nullopt;
  for (uint8_t i = 0; i < by_length.counts[name.size()]; ++i) {
    const uint8_t field = by_length.fields[name.size()][i];
    if (equals_ignoring_case(name, names[field])) return static_cast<Field>(field);
  }
  return std::nullopt;
}

}  // namespace durable_streams::http
