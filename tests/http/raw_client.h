// A client that sends exactly the bytes it is told and shows those it gets.
//
// Reads wait up to a minute, then fail the test: a bound on waiting for a
// broken server, not a measure of time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace durable_streams::http::testing {

struct RawResponse {
  int status = 0;
  std::map<std::string, std::string> fields;  // Names in lower case.
  std::string body;                           // As delimited; chunks joined.

  std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
  }
  bool has(const std::string& name) const { return fields.count(name) > 0; }
};

class RawClient {
 public:
  // `receive_buffer_bytes` > 0: a small window, so that the server blocks soon.
  static RawClient tcp(uint16_t port, int receive_buffer_bytes = 0);
  static RawClient tcp6(uint16_t port);
  static RawClient local(const std::string& path);
  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&& other) noexcept;
  ~RawClient() { close(); }

  bool is_connected() const { return descriptor_ >= 0; }

  // False if the server no longer takes bytes.
  bool send(std::string_view bytes);
  void shutdown_send();
  void close();
  // The server sees a reset instead of an end.
  void reset();

  // The next answer. `to_head`: it answers a HEAD request, no body follows.
  RawResponse read_response(bool to_head = false);
  // Status line and fields only.
  RawResponse read_head();
  // The next chunk's bytes; nullopt for the last one.
  std::optional<std::string> read_chunk();
  // Exactly `size` bytes, or fewer if the server ends the connection.
  std::string read_bytes(size_t size);
  // All until the server ends the connection.
  std::string read_to_end();
  // Whether the server has ended the connection in order (not by a reset, which
  // could take an answer with it), with nothing more to read.
  bool is_at_end() { return read_to_end().empty() && !was_reset_; }

 private:
  explicit RawClient(int descriptor) : descriptor_(descriptor) {}

  bool receive_more();
  std::string take(size_t size);
  std::string read_line();

  int descriptor_;
  bool was_reset_ = false;
  std::string buffered_;
};

}  // namespace durable_streams::http::testing
