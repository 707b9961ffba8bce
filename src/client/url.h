// The parts of a stream's URL that a client needs.
#pragma once

#include <string>
#include <string_view>

#include "durable_streams/error.h"

namespace durable_streams::client {

struct Url {
  std::string host;    // Name or address, without brackets.
  std::string port;    // Digits.
  std::string target;  // The path as it goes on the wire; starts with "/".
  std::string token;   // Of the query parameter `token`; empty if none.

  // For the Host field: brackets around IPv6, no port if it is 80.
  std::string authority() const;
  // "http://host:port", to compare and to show.
  std::string origin() const;
};

// Percent-encodes what a path can't hold, leaves everything else alone: nothing
// is normalised. Errors: invalid_argument, with a sentence that says what to do.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

// Encodes a name for use in a path: "%" too, "/" not.
std::string encode_name(std::string_view name);

// Encodes the value of a query parameter.
std::string encode_query_value(std::string_view value);

}  // namespace durable_streams::client
