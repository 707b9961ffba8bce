// HTTP/1 requests from bytes: Beast's parser, feeding our own storage.
//
// Source: RFC 9110, RFC 9112. Stricter than either where two readers of the
// same bytes could disagree about a request's end (request smuggling): a
// Transfer-Encoding other than exactly "chunked", one in HTTP/1.0, one beside
// Content-Length, a repeated or listed Content-Length, folded lines, bare LF:
// all refused.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http/request.h"

namespace durable_streams::http {

struct ParserLimits {
  size_t header_bytes_max;  // Request line and fields together.
  size_t header_count_max;
  size_t body_bytes_max;
};

// Why a request cannot be served. Strings are of static storage duration.
struct Refusal {
  int status;
  std::string_view code;
  std::string_view reason;
};

// Reads one request. The bytes of the header section must stay where they are
// until the request is done with: its views point there. Body bytes are copied.
// Threads: one. Lifetime: keeps `request` by reference.
class H1Parser final : public boost::beast::http::basic_parser<true> {
 public:
  H1Parser(Request& request, const ParserLimits& limits);

  enum class Step {
    need_more,  // Call again with the unconsumed bytes and more behind them.
    head_done,  // The header section is complete; told once.
    body_done,  // The request is complete.
    refused,    // refusal() says why; the parser cannot go on.
  };

  // Takes bytes in; `consumed` says how many.
  Step parse(std::span<const char> bytes, size_t& consumed);

  // From head_done on: whether body bytes are still to come.
  bool awaits_body() const { return !is_done(); }
  bool is_http11() const { return http11_; }
  bool expects_continue() const { return expects_continue_; }
  // The Content-Length; nullopt without one.
  std::optional<uint64_t> declared_body_bytes() const { return declared_body_bytes_; }

  // Body bytes to come are dropped instead of kept.
  void discard_body() { discards_body_ = true; }

  const Refusal& refusal() const { return refusal_; }

 private:
  using Verb = boost::beast::http::verb;
  using BeastField = boost::beast::http::field;
  using ErrorCode = boost::beast::error_code;
  using View = boost::beast::string_view;

  void on_request_impl(Verb verb, View method, View target, int version,
                       ErrorCode& error) override;
  void on_response_impl(int, View, int, ErrorCode&) override {}
  void on_field_impl(BeastField field, View name, View value,
                     ErrorCode& error) override;
  void on_header_impl(ErrorCode& error) override;
  void on_body_init_impl(const boost::optional<uint64_t>& content_length,
                         ErrorCode& error) override;
  size_t on_body_impl(View body, ErrorCode& error) override;
  void on_chunk_header_impl(uint64_t, View, ErrorCode&) override {}
  size_t on_chunk_body_impl(uint64_t, View body, ErrorCode& error) override;
  void on_finish_impl(ErrorCode&) override {}

  bool set_target(std::string_view target);
  bool check_transfer_encoding(std::string_view value);
  bool check_content_length(std::string_view value);
  bool refuse(int status, std::string_view code, std::string_view reason);
  void explain(const ErrorCode& error);

  Request& request_;
  const ParserLimits limits_;
  std::span<const char> bytes_;  // What parse() works on: views must lie in it.
  std::optional<uint64_t> declared_body_bytes_;
  size_t header_bytes_ = 0;
  size_t header_count_ = 0;
  size_t host_count_ = 0;
  bool head_done_ = false;
  bool head_told_ = false;
  bool http11_ = false;
  bool expects_continue_ = false;
  bool discards_body_ = false;
  Refusal refusal_{};
};

// The value of a Host field or of an absolute target: characters of a URI's
// authority without user information; empty is allowed.
bool is_valid_host(std::string_view host);

}  // namespace durable_streams::http
