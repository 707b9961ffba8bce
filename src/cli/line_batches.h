// Parts input into batches of whole lines, for appending them as they come.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace durable_streams::cli {

// Some whole lines as the body of one append.
struct LineBatch {
  std::string body;
  size_t lines = 0;
};

class LineBatches {
 public:
  // For a JSON stream each line is one message, and a batch an array of them;
  // for others a line is its bytes, line break included.
  explicit LineBatches(bool is_json) : is_json_(is_json) {}

  // Takes the next bytes of input, and returns the whole lines that are there
  // now. Blank lines of JSON input are no messages. nullopt if there is none.
  std::optional<LineBatch> add(std::string_view bytes);

  // At the input's end: a last line without a line break.
  std::optional<LineBatch> finish();

 private:
  std::optional<LineBatch> batch_of(std::string_view lines) const;

  const bool is_json_;
  std::string rest_;  // A line that has not ended yet.
};

}  // namespace durable_streams::cli
