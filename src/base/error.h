// What went wrong, for operating errors: disk, network, malformed input, limits.
//
// `code` belongs to a closed enum of the layer that failed (storage::Errc,
// auth::Errc, ...) or to the system (errno). `detail` is one sentence for the
// log or the user, with path, position and errno text where they exist.
// Answers that the protocol foresees are not errors: they are outcome variants.
#pragma once

#include <string>
#include <system_error>
#include <utility>

namespace durable_streams {

struct Error {
  std::error_code code;
  std::string detail;

  // "detail (code's own sentence)": what is shown where there is one line.
  std::string message() const;
};

// The Error for an errno value; `what` says what was being done, e.g. "open /a/b".
Error system_error(int error_number, std::string what);

}  // namespace durable_streams
