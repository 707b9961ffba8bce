// What can go wrong when a client talks to a stream's server. Nothing here
// throws: every call returns a Result.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace durable_streams::client {

enum class ErrorCode {
  invalid_argument,  // The URL or an option is wrong; nothing was sent.
  unreachable,       // No connection; nothing was sent.
  timed_out,         // No answer within the deadline.
  connection_lost,   // The connection ended before the answer was complete.
  malformed_answer,  // Not HTTP, or not an answer of this protocol.
  redirected,        // The server points elsewhere; redirects are not followed.
  invalid_request,   // 400 and others: the server refuses what was asked.
  unauthorized,      // 401: no token, or not a valid one.
  forbidden,         // 403: the token does not allow this.
  not_found,         // 404: no such stream.
  gone,              // 410: the stream, or this part of it, is no more.
  conflict,          // 409: another content type, configuration, or Stream-Seq.
  closed,            // 409: the stream is closed; `offset` is its end.
  stale_epoch,       // 403: a newer producer took over; see `producer_epoch`.
  sequence_gap,      // 409: see `expected_seq`.
  too_large,         // 413.
  rate_limited,      // 429.
  unavailable,       // 502, 503, 504, 507: perhaps later.
  server_error,      // Any other status of 500 and above.
};

struct Error {
  ErrorCode code = ErrorCode::server_error;

  // One sentence, with what the server said. Holds what a stranger sent: clean
  // it before you show it on a terminal.
  std::string message;

  // The HTTP status; 0 if there was no answer.
  int status = 0;

  // An append, a close, a creation or a removal was sent and no answer came: it
  // may have happened or not.
  bool outcome_unknown = false;

  std::string offset;                      // closed.
  std::optional<uint64_t> producer_epoch;  // stale_epoch: the one in force.
  std::optional<uint64_t> expected_seq;    // sequence_gap.

  // The same call may well succeed later.
  bool is_transient() const {
    return code == ErrorCode::unreachable || code == ErrorCode::timed_out ||
           code == ErrorCode::connection_lost || code == ErrorCode::rate_limited ||
           code == ErrorCode::unavailable;
  }
};

// A value or an Error, with the interface of C++23's std::expected.
template <class T>
using Result = tl::expected<T, Error>;

}  // namespace durable_streams::client
