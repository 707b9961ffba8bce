// Which URLs are streams: the setting `route`, "/v1/streams/*".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace durable_streams::server {

class StreamRoute {
 public:
  // `pattern` begins with "/" and ends in "/*", the only star; checked by the
  // configuration.
  explicit StreamRoute(std::string_view pattern)
      : prefix_(pattern.substr(0, pattern.size() - 1)) {}

  // The raw (still percent-encoded) name of the stream at a raw request path;
  // nullopt if the path is not below the route or names nothing.
  std::optional<std::string_view> raw_name(std::string_view path) const {
    if (path.size() <= prefix_.size() || !path.starts_with(prefix_))
      return std::nullopt;
    return path.substr(prefix_.size());
  }

  // "/v1/streams/"
  const std::string& prefix() const { return prefix_; }

 private:
  std::string prefix_;
};

}  // namespace durable_streams::server
