// Random choices that a failed test can repeat.
//
// The seed is printed once per process; run the test with
// --gtest_random_seed=<seed> to get the same choices again.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>

namespace durable_streams::testing {

inline uint32_t random_seed() {
  static const uint32_t seed = [] {
    const auto given = static_cast<uint32_t>(::testing::GTEST_FLAG(random_seed));
    // gtest allows seeds of one to 99999.
    const uint32_t chosen = given != 0 ? given : std::random_device{}() % 99'999 + 1;
    std::printf("random seed: --gtest_random_seed=%u\n", chosen);
    return chosen;
  }();
  return seed;
}

class Random {
 public:
  Random() : engine_(random_seed()) {}

  // 0 <= result < `bound`; 0 if `bound` is 0.
  size_t below(size_t bound) { return bound == 0 ? 0 : engine_() % bound; }
  bool one_in(size_t n) { return below(n) == 0; }
  char byte() { return static_cast<char>(below(256)); }
  uint64_t bits() { return engine_(); }
  char pick(std::string_view characters) {
    return characters[below(characters.size())];
  }

 private:
  std::mt19937_64 engine_;
};

// One small random change: a byte flipped, put in, taken out or doubled, a part
// cut off or repeated. `alphabet` is what new bytes are mostly taken from.
inline std::string mutate(Random& random, std::string text, std::string_view alphabet) {
  const size_t at = random.below(text.size());
  switch (text.empty() ? 1 : random.below(6)) {
    case 0:
      text[at] = static_cast<char>(text[at] ^ (1 << random.below(8)));
      break;
    case 1:
      text.insert(text.begin() + static_cast<ptrdiff_t>(at),
                  random.one_in(8) ? random.byte() : random.pick(alphabet));
      break;
    case 2:
      text.erase(at, 1 + random.below(3));
      break;
    case 3:
      text.resize(at);
      break;
    case 4:
      text.insert(at, text.substr(random.below(text.size()), 1 + random.below(12)));
      break;
    default:
      text[at] = random.pick(alphabet);
      break;
  }
  return text;
}

}  // namespace durable_streams::testing
