// Numbers and strings as they stand in files: little-endian, and LEB128 varints.
// Pure.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace durable_streams::storage::wire {

static_assert(std::endian::native == std::endian::little,
              "files are little-endian; a big-endian machine needs swaps here");

template <std::integral Number>
void put_fixed(char* at, Number value) {
  std::memcpy(at, &value, sizeof value);
}

template <std::integral Number>
Number get_fixed(const char* at) {
  Number value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

inline void append_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

inline void append_text(std::string& out, std::string_view text) {
  append_varint(out, text.size());
  out += text;
}

// Takes values off the front of bytes. After a value that was not there ok() is
// false, and every later value is 0 or empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  uint64_t varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    give_up();
    return 0;
  }

  std::string_view bytes(uint64_t count) {
    if (count > rest_.size()) {
      give_up();
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view text() { return bytes(varint()); }

  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }
  size_t left() const { return rest_.size(); }

 private:
  void give_up() {
    ok_ = false;
    rest_ = {};
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace durable_streams::storage::wire
