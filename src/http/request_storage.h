// What one request needs while it is read and answered: input buffer, parser,
// and the Request that handlers see. Storage belongs to the I/O thread: a
// connection holds one only from a request's first byte to its answer (or until
// it parks), so an idle connection costs next to nothing.
//
// Threads: one.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "http/h1_parser.h"
#include "http/peer.h"
#include "http/request.h"

namespace durable_streams::http {

class RequestStorage {
 public:
  // More than limits::header_bytes_max, so that behind the largest header
  // section there is room to read a body.
  static constexpr size_t input_bytes = 48 * 1024;

  // Makes ready for a request of `peer`; bytes already read stay.
  void begin_request(const ParserLimits& limits, const Peer& peer);

  // Ends the request and keeps what was read beyond it; true if that is
  // anything.
  bool end_request();

  // Forgets everything, and gives back memory that a large body took.
  void clear();

  Request& request() { return request_; }
  bool has_request() const { return parser_.has_value(); }
  H1Parser& parser() { return *parser_; }

  // Parses what was read and not yet parsed.
  H1Parser::Step parse();
  // Drops empty lines before a request line (RFC 9112 §2.2); false if nothing
  // is left to parse, or only what may become such a line.
  bool skip_empty_lines();

  // Where to read more bytes to; empty if the buffer is full of bytes that the
  // parser cannot take one by one (a header or chunk line without end).
  std::span<char> free_space();
  void received(size_t bytes) { end_ += bytes; }
  bool has_input() const { return begin_ < end_; }

 private:
  void set_peer(const Peer& peer);

  // [0, begin_): the header section, which the request's views point to.
  // [begin_, end_): read, not parsed.
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t head_end_ = 0;  // End of the header section; 0 until it is complete.
  Request request_;
  std::optional<H1Parser> parser_;
  Peer peer_;  // Whose address peer_text_ shows: mostly the next one's too.
  std::array<char, 48> peer_text_;
  size_t peer_text_bytes_ = 0;
  std::array<char, input_bytes> input_;
};

// A thread's storages.
class RequestStoragePool {
 public:
  // The one last given back comes first: it is still in the CPU's caches.
  std::unique_ptr<RequestStorage> take();
  void give_back(std::unique_ptr<RequestStorage> storage);

 private:
  static constexpr size_t kept_max = 128;  // 6 MB of address space a thread.

  std::vector<std::unique_ptr<RequestStorage>> free_;
};

}  // namespace durable_streams::http
