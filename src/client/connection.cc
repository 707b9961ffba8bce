#include "client/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <utility>

namespace durable_streams::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

// A page is about 1 MiB, or one message. Stops: a server that never ends.
constexpr uint64_t answer_bytes_max = 512ull * 1024 * 1024;

std::chrono::milliseconds until(int64_t deadline_ms) {
  const int64_t left = deadline_ms - system_clock().steady_ms();
  return std::chrono::milliseconds(std::max<int64_t>(left, 0));
}

Error make_error(ErrorCode code, std::string message, bool outcome_unknown) {
  Error error;
  error.code = code;
  error.message = std::move(message);
  error.outcome_unknown = outcome_unknown;
  return error;
}

// Why an answer did not come, once the request is on its way.
Error answer_error(const beast::error_code& code, const std::string& origin) {
  if (code == beast::error::timeout) {
    return make_error(ErrorCode::timed_out, origin + " did not answer in time", true);
  }
  const bool is_http_error =
      code.category() == http::make_error_code(http::error::end_of_stream).category();
  if (is_http_error && code != http::error::end_of_stream &&
      code != http::error::partial_message) {
    return make_error(ErrorCode::malformed_answer,
                      origin + " did not answer as an HTTP server: " + code.message(),
                      true);
  }
  return make_error(ErrorCode::connection_lost,
                    "the connection to " + origin + " ended before the answer", true);
}

}  // namespace

Connection::Connection(Url url) : url_(std::move(url)) {}

void Connection::run() {
  context_.restart();
  context_.run();
}

void Connection::disconnect() {
  socket_.close();
  buffer_.clear();
}

// A kept connection that the server has ended in the meantime is readable.
bool Connection::is_usable() {
  if (!socket_.socket().is_open()) return false;
  char byte;
  const ssize_t count =
      ::recv(socket_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

Result<void> Connection::connect(int64_t timeout_ms, int64_t deadline_ms) {
  disconnect();
  beast::error_code code;
  tcp::resolver resolver(context_);
  const auto addresses = resolver.resolve(url_.host, url_.port, code);
  if (code) {
    return tl::unexpected(
        make_error(ErrorCode::unreachable,
                   "no address for \"" + url_.host + "\": " + code.message(), false));
  }
  bool timed_out = false;
  for (const auto& entry : addresses) {
    const auto timeout =
        std::min(until(deadline_ms), std::chrono::milliseconds(timeout_ms));
    socket_.expires_after(timeout);
    socket_.async_connect(entry.endpoint(),
                          [&](beast::error_code result) { code = result; });
    run();
    if (!code) {
      beast::error_code ignored;
      socket_.socket().set_option(tcp::no_delay(true), ignored);
      return {};
    }
    timed_out = code == beast::error::timeout;
    disconnect();
  }
  if (timed_out) {
    return tl::unexpected(make_error(
        ErrorCode::timed_out, url_.origin() + " does not take the connection", false));
  }
  return tl::unexpected(
      make_error(ErrorCode::unreachable,
                 "no server at " + url_.origin() + ": " + code.message(), false));
}

beast::error_code Connection::send(const HttpRequest& request, int64_t deadline_ms) {
  beast::error_code code;
  socket_.expires_after(until(deadline_ms));
  http::async_write(socket_, request,
                    [&](beast::error_code result, size_t) { code = result; });
  run();
  return code;
}

Result<HttpResponse> Connection::exchange(const HttpRequest& request,
                                          int64_t connect_timeout_ms,
                                          int64_t deadline_ms) {
  if (!is_usable()) {
    if (auto connected = connect(connect_timeout_ms, deadline_ms); !connected) {
      return tl::unexpected(std::move(connected.error()));
    }
  }
  // A server that refuses a long body answers before it took all of it: whatever
  // sending said, look for an answer.
  const beast::error_code sent = send(request, deadline_ms);
  http::response_parser<http::string_body> parser;
  parser.body_limit(answer_bytes_max);
  parser.skip(request.method() == http::verb::head);
  beast::error_code code = sent;
  if (sent != beast::error::timeout) {
    socket_.expires_after(until(deadline_ms));
    http::async_read(socket_, buffer_, parser,
                     [&](beast::error_code result, size_t) { code = result; });
    run();
  }
  if (code) {
    disconnect();
    return tl::unexpected(answer_error(code, url_.origin()));
  }
  HttpResponse response = parser.release();
  if (sent || !response.keep_alive()) disconnect();
  return response;
}

void Connection::sleep(int64_t delay_ms) {
  asio::steady_timer timer(context_, std::chrono::milliseconds(delay_ms));
  timer.async_wait([](const beast::error_code&) {});
  run();
}

}  // namespace durable_streams::client
