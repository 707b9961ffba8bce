// Random choices from a seed, the same on every machine and with every library.
#pragma once

#include <cstddef>
#include <cstdint>

namespace durable_streams::simulation {

class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}

  // SplitMix64 (Steele, Lea and Flood, 2014).
  uint64_t bits() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // 0 <= result < `bound`; 0 if `bound` is 0.
  size_t below(size_t bound) { return bound == 0 ? 0 : bits() % bound; }
  bool one_in(size_t n) { return below(n) == 0; }
  bool percent(size_t chance) { return below(100) < chance; }

  template <class T, size_t n>
  const T& pick(const T (&choices)[n]) {
    return choices[below(n)];
  }

 private:
  uint64_t state_;
};

}  // namespace durable_streams::simulation
