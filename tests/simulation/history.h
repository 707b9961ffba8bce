// What happened in a simulation, line by line, and a hash of it: two runs of a
// seed are the same run if their hashes are equal.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace durable_streams::simulation {

class History {
 public:
  template <class... Values>
  void note(fmt::format_string<Values...> format, Values&&... values) {
    lines_.push_back(fmt::format(format, std::forward<Values>(values)...));
    for (const char c : lines_.back()) {  // FNV-1a
      hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
  }

  const std::vector<std::string>& lines() const { return lines_; }
  uint64_t hash() const { return hash_; }

 private:
  std::vector<std::string> lines_;
  uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace durable_streams::simulation
