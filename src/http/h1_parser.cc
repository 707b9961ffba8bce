#include "http/h1_parser.h"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <charconv>

#include "base/assert.h"

namespace durable_streams::http {
namespace {

namespace beast = boost::beast;

std::string_view std_view(beast::string_view view) {
  return {view.data(), view.size()};
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  return text.size() == lower_case.size() &&
         std::equal(text.begin(), text.end(), lower_case.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b;
         });
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() &&
         equals_ignoring_case(text.substr(0, lower_case.size()), lower_case);
}

Method method_of(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get:
      return Method::get;
    case beast::http::verb::head:
      return Method::head;
    case beast::http::verb::post:
      return Method::post;
    case beast::http::verb::put:
      return Method::put;
    case beast::http::verb::delete_:
      return Method::del;
    case beast::http::verb::options:
      return Method::options;
    default:
      return Method::other;
  }
}

// Whether the request line ends as it should: "HTTP/" something, CR, LF.
bool names_a_version(std::span<const char> bytes) {
  const std::string_view text(bytes.data(), bytes.size());
  const std::string_view line = text.substr(0, text.find('\n'));
  const size_t version = line.rfind(' ');
  return line.ends_with('\r') && version != std::string_view::npos &&
         line.substr(version + 1).starts_with("HTTP/");
}

// What is set aside for a body before it has come, however large it says it is.
constexpr size_t body_reserve_max = 256 * 1024;

}  // namespace

bool is_valid_host(std::string_view host) {
  constexpr std::string_view marks = "-._~%!$&'()*+;=:[]";
  return std::all_of(host.begin(), host.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

H1Parser::H1Parser(Request& request, const ParserLimits& limits)
    : request_(request), limits_(limits) {
  header_limit(static_cast<uint32_t>(limits.header_bytes_max));
  body_limit(limits.body_bytes_max);
}

H1Parser::Step H1Parser::parse(std::span<const char> bytes, size_t& consumed) {
  consumed = 0;
  while (true) {
    if (head_told_ && is_done()) return Step::body_done;
    if (consumed == bytes.size()) return Step::need_more;
    bytes_ = bytes.subspan(consumed);
    ErrorCode error;
    const size_t taken =
        put(boost::asio::const_buffer(bytes_.data(), bytes_.size()), error);
    consumed += taken;
    if (!head_told_) header_bytes_ += taken;
    if (error && error != beast::http::error::need_more) {
      explain(error);
      return Step::refused;
    }
    if (!head_told_) {
      // Beast bounds the parts of a header section, not the whole.
      const size_t unfinished = head_done_ ? 0 : bytes.size() - consumed;
      if (header_bytes_ + unfinished > limits_.header_bytes_max) {
        refuse(431, "header_too_large", "The request's header section is too large.");
        return Step::refused;
      }
      if (head_done_) {
        head_told_ = true;
        return Step::head_done;
      }
    }
    if (error) return Step::need_more;
  }
}

bool H1Parser::refuse(int status, std::string_view code, std::string_view reason) {
  if (refusal_.status == 0) refusal_ = {status, code, reason};
  return false;
}

void H1Parser::explain(const ErrorCode& code) {
  using beast::http::error;
  if (refusal_.status != 0) return;  // One of ours, more exact.
  if (code == error::header_limit) {
    refuse(431, "header_too_large", "The request's header section is too large.");
  } else if (code == error::body_limit) {
    refuse(413, "body_too_large", "The request's body is too large.");
  } else if (code == error::bad_version && names_a_version(bytes_)) {
    refuse(
        505, "http_version_not_supported",
        "This port speaks HTTP/1.1 and HTTP/1.0; the request names another version.");
  } else if (code == error::bad_content_length ||
             code == error::multiple_content_length) {
    refuse(400, "invalid_content_length",
           "The Content-Length of the request is invalid.");
  } else if (code == error::bad_transfer_encoding) {
    refuse(400, "invalid_transfer_encoding",
           "The Transfer-Encoding of the request is invalid.");
  } else if (code == error::bad_chunk || code == error::bad_chunk_extension) {
    refuse(400, "invalid_chunk", "The request's chunked body is malformed.");
  } else {
    refuse(400, "malformed_request", "The request is not well-formed HTTP.");
  }
}

void H1Parser::on_request_impl(Verb verb, View method, View target, int version,
                               ErrorCode& error) {
  http11_ = version >= 11;
  request_.method = method_of(verb);
  request_.method_text = std_view(method);
  if (!set_target(std_view(target))) error = beast::http::error::bad_target;
}

// Origin form, absolute form, or "*" for OPTIONS (RFC 9112 §3.2).
bool H1Parser::set_target(std::string_view target) {
  constexpr std::string_view reason =
      "The request's target is neither a path nor a URL.";
  if (target.find('#') != std::string_view::npos) {
    return refuse(400, "invalid_target", "A request's target has no fragment (\"#\").");
  }
  if (target == "*" && request_.method == Method::options) {
    request_.path = target;
    return true;
  }
  if (!target.starts_with('/')) {
    size_t scheme_bytes = 0;
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (starts_with_ignoring_case(target, scheme)) scheme_bytes = scheme.size();
    }
    if (scheme_bytes == 0) return refuse(400, "invalid_target", reason);
    target.remove_prefix(scheme_bytes);
    const size_t authority_bytes = std::min(target.find_first_of("/?"), target.size());
    const std::string_view authority = target.substr(0, authority_bytes);
    if (authority.empty() || !is_valid_host(authority)) {
      return refuse(400, "invalid_target", reason);
    }
    request_.fields[static_cast<size_t>(Field::host)] = authority;
    target.remove_prefix(authority_bytes);
  }
  const size_t question = target.find('?');
  request_.path = target.substr(0, question);
  if (request_.path.empty()) request_.path = "/";
  if (question != std::string_view::npos) request_.query = target.substr(question + 1);
  return true;
}

void H1Parser::on_field_impl(BeastField beast_field, View beast_name, View beast_value,
                             ErrorCode& error) {
  if (++header_count_ > limits_.header_count_max) {
    refuse(431, "too_many_headers", "The request has too many header fields.");
    error = beast::http::error::header_limit;
    return;
  }
  if (head_done_) return;  // Trailers mean nothing here.
  const std::string_view name = std_view(beast_name);
  const std::string_view value = std_view(beast_value);
  error = beast::http::error::bad_field;  // Until all is well.

  // A folded line is put together in a buffer of Beast's own.
  if (!value.empty() && (value.data() < bytes_.data() ||
                         value.data() + value.size() > bytes_.data() + bytes_.size())) {
    refuse(400, "folded_header",
           "Header fields must not be folded over several lines.");
    return;
  }
  if (beast_field == BeastField::transfer_encoding && !check_transfer_encoding(value))
    return;
  if (beast_field == BeastField::content_length && !check_content_length(value)) return;
  if (beast_field == BeastField::expect) {
    if (!equals_ignoring_case(value, "100-continue")) {
      refuse(417, "expectation_failed", "The only expectation served is 100-continue.");
      return;
    }
    expects_continue_ = http11_;
  }
  const std::optional<Field> known = find_field(name);
  if (known) {
    auto& slot = request_.fields[static_cast<size_t>(*known)];
    if (*known == Field::host) {
      if (!is_valid_host(value)) {
        refuse(400, "invalid_host", "The Host of the request is invalid.");
        return;
      }
      if (++host_count_ == 1 && slot) {  // An absolute target's authority counts.
        error = {};
        return;
      }
    }
    if (slot) {
      refuse(400, "duplicate_header",
             "A header field that may stand once stands twice.");
      return;
    }
    slot = value;
  }
  error = {};
}

bool H1Parser::check_transfer_encoding(std::string_view value) {
  if (!http11_) {
    return refuse(400, "invalid_transfer_encoding",
                  "HTTP/1.0 has no Transfer-Encoding.");
  }
  if (!equals_ignoring_case(value, "chunked")) {
    return refuse(501, "transfer_encoding_not_supported",
                  "The only transfer encoding served is \"chunked\".");
  }
  return true;
}

bool H1Parser::check_content_length(std::string_view value) {
  uint64_t bytes = 0;
  const char* const end = value.data() + value.size();
  const auto [stopped, error] = std::from_chars(value.data(), end, bytes);
  // from_chars() takes digits alone: no sign, no space, no list, no overflow.
  if (error != std::errc() || stopped != end) {
    return refuse(400, "invalid_content_length",
                  "The Content-Length of the request is invalid.");
  }
  declared_body_bytes_ = bytes;
  return true;
}

void H1Parser::on_header_impl(ErrorCode& error) {
  head_done_ = true;
  if (http11_ && host_count_ == 0) {
    refuse(400, "invalid_host", "An HTTP/1.1 request must have one Host field.");
    error = beast::http::error::bad_field;
  }
}

void H1Parser::on_body_init_impl(const boost::optional<uint64_t>&, ErrorCode&) {
  if (declared_body_bytes_ && !discards_body_) {
    request_.body.reserve(std::min<size_t>(*declared_body_bytes_, body_reserve_max));
  }
}

size_t H1Parser::on_body_impl(View body, ErrorCode&) {
  if (!discards_body_) request_.body.append(body.data(), body.size());
  return body.size();
}

size_t H1Parser::on_chunk_body_impl(uint64_t, View body, ErrorCode& error) {
  return on_body_impl(body, error);
}

}  // namespace durable_streams::http
