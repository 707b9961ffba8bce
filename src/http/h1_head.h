// Lays out the head of an HTTP/1.1 answer as bytes.
//
// Threads: one object belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/timer_wheel.h"
#include "http/response_head.h"

namespace durable_streams::http {

// How an answer's body is delimited, and what becomes of the connection.
struct H1Framing {
  std::optional<uint64_t> content_length;
  bool head_may_name_length = false;  // HEAD and 304: what a GET would give.
  bool chunked = false;
  bool close = false;           // "connection: close".
  bool say_keep_alive = false;  // HTTP/1.0 clients must be told.
};

class H1HeadWriter {
 public:
  // The date is looked up at most once a tick of `timers`. Both must outlive
  // the writer.
  H1HeadWriter(const Clock& clock, const TimerWheel& timers)
      : clock_(clock), timers_(timers) {}

  // Valid until the next call. Of `head`'s own fields, connection is left out
  // always and content-length unless it may name one: both would contradict
  // how the answer is framed. Its date, if any, replaces ours.
  std::string_view write(const ResponseHead& head, const H1Framing& framing);

 private:
  std::string_view date_line();

  const Clock& clock_;
  const TimerWheel& timers_;
  std::string text_;
  int64_t date_looked_up_ms_ = -1;  // By timers_.now_ms().
  int64_t date_second_ = -1;
  std::string date_line_;
};

// The reason phrase of a status, "No Content"; "Unknown" if it has none here.
std::string_view reason_phrase(int status);

// "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" for seconds since 1970 (RFC 9110
// §5.6.7).
std::string format_date_line(int64_t unix_seconds);

}  // namespace durable_streams::http
