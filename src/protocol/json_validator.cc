#include "protocol/json_validator.h"

#include <simdjson.h>

#include <array>
#include <bitset>

#include "base/assert.h"
#include "protocol/ascii.h"

namespace durable_streams::protocol {
namespace {

// Bytes that stand for themselves in a string.
constexpr auto is_plain = [] {
  std::array<bool, 256> table{};
  for (size_t i = 0x20; i < table.size(); ++i)
    table[i] = i != '"' && i != '\\';
  return table;
}();

class Validator {
 public:
  Validator(std::string_view text, size_t depth_max)
      : begin_(text.data()),
        at_(begin_),
        end_(begin_ + text.size()),
        depth_max_(depth_max) {}

  // Walks the text: before every value, `value()`; behind it, `after_value()`
  // closes what ends there and goes to the next one.
  std::optional<JsonProblem> run() {
    skip_space();
    while (value()) {
      if (!after_value()) break;
    }
    return problem_;
  }

 private:
  // Consumes a scalar or an empty container, or all openings up to a scalar.
  // False on a problem.
  bool value() {
    for (;;) {
      if (at_ == end_) return fail("The text ends where a value should follow.");
      switch (*at_) {
        case '{':
          if (!open(true)) return false;
          if (take('}')) return close();
          if (!key()) return false;
          continue;
        case '[':
          if (!open(false)) return false;
          if (take(']')) return close();
          continue;
        case '"':
          return string();
        case 't':
          return literal("true");
        case 'f':
          return literal("false");
        case 'n':
          return literal("null");
        default:
          return number();
      }
    }
  }

  // True if another value follows; false at the end and on a problem.
  bool after_value() {
    for (;;) {
      skip_space();
      if (depth_ == 0) {
        if (at_ != end_) fail("More text follows the end of the value.");
        return false;
      }
      const bool in_object = is_object_[depth_];
      if (take(in_object ? '}' : ']')) {
        close();
        continue;
      }
      if (!take(','))
        return fail("A comma or the end of an array or object is missing.");
      skip_space();
      return !in_object || key();
    }
  }

  // A key with its colon and the space behind it.
  bool key() {
    if (at_ == end_ || *at_ != '"') return fail("A key in quotes is missing.");
    if (!string()) return false;
    skip_space();
    if (!take(':')) return fail("A colon behind a key is missing.");
    skip_space();
    return true;
  }

  bool open(bool object) {
    if (depth_ == depth_max_) {
      fail("The text is nested too deeply.");
      problem_->too_deep = true;
      return false;
    }
    is_object_[++depth_] = object;
    ++at_;
    skip_space();
    return true;
  }

  bool close() {
    --depth_;
    return true;
  }

  bool string() {
    for (++at_;; ++at_) {
      while (at_ != end_ && is_plain[static_cast<unsigned char>(*at_)])
        ++at_;
      if (at_ == end_) return fail("The text ends within a string.");
      if (*at_ == '"') break;
      if (*at_ != '\\') return fail("A string holds a control character.");
      if (!escape()) return false;
    }
    ++at_;
    return true;
  }

  // Leaves `at_` on the last character of the escape.
  bool escape() {
    ++at_;
    if (at_ == end_) return fail("The text ends within a string.");
    if (*at_ != 'u') {
      if (std::string_view("\"\\/bfnrt").find(*at_) != std::string_view::npos)
        return true;
      return fail("A string holds an unknown escape.");
    }
    for (int i = 0; i < 4; ++i) {
      ++at_;
      if (at_ == end_ || hex_value(*at_) < 0)
        return fail("\\u needs four hexadecimal digits.");
    }
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return fail("No value begins like this.");
    if (take('.') && !digits())
      return fail("A digit behind the decimal point is missing.");
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return fail("An exponent has no digits.");
    }
    return true;
  }

  // False if there is none.
  bool digits() {
    const char* const first = at_;
    while (at_ != end_ && is_digit(*at_))
      ++at_;
    return at_ != first;
  }

  bool literal(std::string_view word) {
    const std::string_view rest(at_, static_cast<size_t>(end_ - at_));
    if (rest.substr(0, word.size()) != word) return fail("No value begins like this.");
    at_ += word.size();
    return true;
  }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  void skip_space() {
    while (at_ != end_ && is_json_space(*at_))
      ++at_;
  }

  bool fail(const char* what) {
    problem_ = JsonProblem{static_cast<size_t>(at_ - begin_), what};
    return false;
  }

  const char* const begin_;
  const char* at_;
  const char* const end_;
  const size_t depth_max_;
  size_t depth_ = 0;
  std::bitset<json_validator_depth_max + 1> is_object_;  // By depth, from 1.
  std::optional<JsonProblem> problem_;
};

}  // namespace

std::optional<JsonProblem> find_json_problem(std::string_view text, size_t depth_max) {
  DS_ASSERT(depth_max <= json_validator_depth_max);
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return JsonProblem{0, "The text is not valid UTF-8."};
  }
  return Validator(text, depth_max).run();
}

}  // namespace durable_streams::protocol
