// Status and header fields of an answer, for every HTTP version.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace durable_streams::http {

struct HeaderField {
  std::string_view name;  // Lower case.
  std::string_view value;
};

// Fields that stand on many answers unchanged (security headers, CORS), laid
// out once. Immutable after construction; shared by all threads.
class ConstantFields {
 public:
  // Copies the fields.
  explicit ConstantFields(std::vector<std::pair<std::string, std::string>> fields);

  const std::vector<std::pair<std::string, std::string>>& fields() const {
    return fields_;
  }

  // "name: value\r\n" for each: what HTTP/1.1 puts on the wire.
  std::string_view http1_text() const { return http1_text_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
  std::string http1_text_;
};

// Lives on a handler's stack; transports copy what they need during respond().
// Names and values must not hold CR or LF: asserted for names; a value's CR, LF
// and NUL are dropped, so that nothing stored can forge a header.
class ResponseHead {
 public:
  // `constant` may be null; it must outlive the exchange.
  ResponseHead(int status, const ConstantFields* constant)
      : status_(status), constant_(constant) {}

  // Adds a field; `name` is lower case.
  ResponseHead& add(std::string_view name, std::string_view value);
  ResponseHead& add(std::string_view name, uint64_t value);

  int status() const { return status_; }
  const ConstantFields* constant() const { return constant_; }

  size_t size() const { return entries_.size(); }
  HeaderField operator[](size_t index) const {
    const Entry& entry = entries_[index];
    const std::string_view arena(arena_.data(), arena_.size());
    return {arena.substr(entry.position, entry.name_size),
            arena.substr(entry.position + entry.name_size, entry.value_size)};
  }

 private:
  struct Entry {
    uint32_t position;
    uint32_t name_size;
    uint32_t value_size;
  };

  int status_;
  const ConstantFields* constant_;
  boost::container::small_vector<char, 640> arena_;
  boost::container::small_vector<Entry, 16> entries_;
};

}  // namespace durable_streams::http
