// One HTTP/1.1 connection: requests go out, answers come back, one at a time.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>

#include "base/clock.h"
#include "client/url.h"
#include "durable_streams/error.h"

namespace durable_streams::client {

using HttpRequest =
    boost::beast::http::request<boost::beast::http::span_body<const char>>;
using HttpResponse = boost::beast::http::response<boost::beast::http::string_body>;

// Threads: used by one thread at a time.
class Connection {
 public:
  explicit Connection(Url url);

  // Sends `request` and returns the whole answer, whatever its status. Connects
  // first if there is no connection, or if the server has ended it.
  // `deadline_ms` is a time of system_clock().steady_ms().
  //
  // Errors:
  //   unreachable, timed_out while connecting     nothing was sent
  //   timed_out, connection_lost                  `outcome_unknown` is set
  //   malformed_answer                            likewise
  // After an error the connection is closed.
  [[nodiscard]] Result<HttpResponse> exchange(const HttpRequest& request,
                                              int64_t connect_timeout_ms,
                                              int64_t deadline_ms);

  // Waits; for delays between tries.
  void sleep(int64_t delay_ms);

  const Url& url() const { return url_; }

 private:
  Result<void> connect(int64_t timeout_ms, int64_t deadline_ms);
  boost::beast::error_code send(const HttpRequest& request, int64_t deadline_ms);
  bool is_usable();
  void disconnect();
  void run();

  const Url url_;
  boost::asio::io_context context_{1};
  boost::beast::tcp_stream socket_{context_};
  boost::beast::flat_buffer buffer_;
};

}  // namespace durable_streams::client
