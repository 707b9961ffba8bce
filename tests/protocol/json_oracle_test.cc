// Compares frame_json() with a slow model that is built on RapidJSON alone, over
// random texts and random damage to them.

#include <gtest/gtest.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "protocol/json_framing.h"
#include "protocol/json_validator.h"
#include "testing/random.h"

namespace durable_streams::protocol {
namespace {

bool rapidjson_accepts(std::string_view text) {
  // It takes a NUL for the end of the text; no valid text holds one.
  if (text.find('\0') != std::string_view::npos) return false;
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  rapidjson::BaseReaderHandler<> handler;
  constexpr unsigned flags = rapidjson::kParseIterativeFlag |
                             rapidjson::kParseNumbersAsStringsFlag |
                             rapidjson::kParseValidateEncodingFlag;
  return !reader.Parse<flags>(stream, handler).IsError();
}

bool is_space(char c) {
  return std::string_view(" \t\r\n").find(c) != std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

// The stored form of a text. A top-level array is cut by trying, at each comma,
// whether what lies before it is a value by itself.
std::optional<std::string> model(std::string_view body) {
  if (!rapidjson_accepts(body)) return std::nullopt;
  const std::string_view text = trim(body);
  if (text.front() != '[') return std::string(text) + ",";
  std::string stored;
  size_t begin = 1;
  for (size_t end = 1; end < text.size(); ++end) {
    if (text[end] != ',' && end + 1 != text.size()) continue;
    const std::string_view message = trim(text.substr(begin, end - begin));
    if (message.empty() || !rapidjson_accepts(message)) continue;
    stored += std::string(message) + ",";
    begin = end + 1;
  }
  return stored;
}

// What RapidJSON refuses although it is valid, or the other way round, is left
// out: huge numbers, surrogates.
class Generator {
 public:
  explicit Generator(testing::Random& random) : random_(random) {}

  std::string value(size_t depth) {
    switch (random_.below(depth == 0 ? 5 : 8)) {
      case 0:
        return "null";
      case 1:
        return random_.one_in(2) ? "true" : "false";
      case 2:
        return number();
      case 3:
      case 4:
        return string();
      case 5:
        return object(depth - 1);
      default:
        return array(depth - 1);
    }
  }

  std::string array(size_t depth) {
    std::string text = "[" + space();
    for (size_t i = random_.below(4), first = i; i > 0; --i) {
      if (i != first) text += "," + space();
      text += value(depth) + space();
    }
    return text + "]";
  }

  std::string space() {
    std::string text;
    while (random_.one_in(4))
      text += random_.pick(" \t\r\n");
    return text;
  }

 private:
  std::string object(size_t depth) {
    std::string text = "{" + space();
    for (size_t i = random_.below(4), first = i; i > 0; --i) {
      if (i != first) text += "," + space();
      text += string() + space() + ":" + space() + value(depth) + space();
    }
    return text + "}";
  }

  std::string number() {
    std::string text = random_.one_in(3) ? "-" : "";
    text += std::to_string(random_.below(1000));
    if (random_.one_in(3)) text += "." + std::to_string(random_.below(1000));
    if (random_.one_in(3)) {
      text += random_.pick("eE");
      if (random_.one_in(2)) text += random_.pick("+-");
      text += std::to_string(random_.below(30));
    }
    return text;
  }

  std::string string() {
    static const std::string_view parts[] = {"a",
                                             "]",
                                             "[",
                                             ",",
                                             "{}",
                                             "\\\"",
                                             "\\\\",
                                             "\\n",
                                             "\\u00e9",
                                             "\xc3\xa9",
                                             " ",
                                             ":",
                                             "\\/",
                                             "\xe2\x82\xac",
                                             "\xf0\x9f\x98\x80"};
    std::string text = "\"";
    for (size_t i = random_.below(5); i > 0; --i)
      text += parts[random_.below(std::size(parts))];
    return text + "\"";
  }

  testing::Random& random_;
};

// Damage can make what the two are known to differ in.
bool is_beyond_the_oracle(std::string_view text) {
  for (const char* surrogate : {"\\ud", "\\uD"}) {
    if (text.find(surrogate) != std::string_view::npos) return true;
  }
  size_t digits = 0;
  size_t digits_max = 0;
  for (const char c : text) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    digits_max = std::max(digits_max, digits);
  }
  if (digits_max > 12) return true;
  for (const char* exponent : {"e", "E", "e+", "E+"}) {
    for (size_t at = text.find(exponent); at != std::string_view::npos;
         at = text.find(exponent, at + 1)) {
      const size_t from = at + std::string_view(exponent).size();
      const std::string_view tail = text.substr(from, 3);
      if (tail.size() == 3 &&
          tail.find_first_not_of("0123456789") == std::string_view::npos) {
        return true;
      }
    }
  }
  return false;
}

void expect_agreement(std::string_view text) {
  if (is_beyond_the_oracle(text)) return;
  const Result<FramedPayload> framed = frame_json(text);
  const std::optional<std::string> expected = model(text);
  // The strict validator by itself, too: frame_json() often does without it.
  ASSERT_EQ(!find_json_problem(text, 100), expected.has_value())
      << ::testing::PrintToString(text);
  ASSERT_EQ(framed.has_value(), expected.has_value()) << ::testing::PrintToString(text);
  if (expected) {
    ASSERT_EQ(framed->bytes, *expected) << ::testing::PrintToString(text);
  }
}

TEST(JsonFraming, AgreesWithTheModelOnRandomTexts) {
  testing::Random random;
  Generator generator(random);
  for (int round = 0; round < 20'000; ++round) {
    const std::string text =
        generator.space() +
        (random.one_in(2) ? generator.array(3) : generator.value(3)) +
        generator.space();
    ASSERT_TRUE(rapidjson_accepts(text)) << text;
    ASSERT_NO_FATAL_FAILURE(expect_agreement(text));
  }
}

TEST(JsonFraming, AgreesWithTheModelOnDamagedTexts) {
  testing::Random random;
  Generator generator(random);
  for (int round = 0; round < 40'000; ++round) {
    std::string text = random.one_in(2) ? generator.array(2) : generator.value(2);
    for (size_t changes = 1 + random.below(3); changes > 0; --changes) {
      text = testing::mutate(random, std::move(text), "[]{},:\"\\ \n0123.eE+-tfnau");
    }
    ASSERT_NO_FATAL_FAILURE(expect_agreement(text));
  }
}

}  // namespace
}  // namespace durable_streams::protocol
