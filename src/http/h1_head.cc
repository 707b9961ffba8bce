#include "http/h1_head.h"

#include <array>
#include <charconv>
#include <ctime>
#include <utility>

namespace durable_streams::http {
namespace {

struct StatusLine {
  int status;
  std::string_view line;
};

constexpr std::string_view line_start = "HTTP/1.1 ";

// The most frequent first.
constexpr std::array<StatusLine, 31> status_lines = {{
    {204, "HTTP/1.1 204 No Content\r\n"},
    {200, "HTTP/1.1 200 OK\r\n"},
    {304, "HTTP/1.1 304 Not Modified\r\n"},
    {201, "HTTP/1.1 201 Created\r\n"},
    {400, "HTTP/1.1 400 Bad Request\r\n"},
    {401, "HTTP/1.1 401 Unauthorized\r\n"},
    {403, "HTTP/1.1 403 Forbidden\r\n"},
    {404, "HTTP/1.1 404 Not Found\r\n"},
    {405, "HTTP/1.1 405 Method Not Allowed\r\n"},
    {408, "HTTP/1.1 408 Request Timeout\r\n"},
    {409, "HTTP/1.1 409 Conflict\r\n"},
    {410, "HTTP/1.1 410 Gone\r\n"},
    {411, "HTTP/1.1 411 Length Required\r\n"},
    {413, "HTTP/1.1 413 Content Too Large\r\n"},
    {414, "HTTP/1.1 414 URI Too Long\r\n"},
    {415, "HTTP/1.1 415 Unsupported Media Type\r\n"},
    {416, "HTTP/1.1 416 Range Not Satisfiable\r\n"},
    {417, "HTTP/1.1 417 Expectation Failed\r\n"},
    {421, "HTTP/1.1 421 Misdirected Request\r\n"},
    {422, "HTTP/1.1 422 Unprocessable Content\r\n"},
    {429, "HTTP/1.1 429 Too Many Requests\r\n"},
    {431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
    {500, "HTTP/1.1 500 Internal Server Error\r\n"},
    {501, "HTTP/1.1 501 Not Implemented\r\n"},
    {502, "HTTP/1.1 502 Bad Gateway\r\n"},
    {503, "HTTP/1.1 503 Service Unavailable\r\n"},
    {504, "HTTP/1.1 504 Gateway Timeout\r\n"},
    {505, "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
    {507, "HTTP/1.1 507 Insufficient Storage\r\n"},
    {202, "HTTP/1.1 202 Accepted\r\n"},
    {206, "HTTP/1.1 206 Partial Content\r\n"},
}};

void append_number(std::string& text, uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  text.append(digits.data(), end.ptr);
}

void append_status_line(std::string& text, int status) {
  for (const StatusLine& known : status_lines) {
    if (known.status == status) {
      text += known.line;
      return;
    }
  }
  text += line_start;
  append_number(text, static_cast<uint64_t>(status));
  text += " Unknown\r\n";
}

}  // namespace

std::string_view reason_phrase(int status) {
  constexpr size_t before_reason = line_start.size() + 4;
  for (const StatusLine& known : status_lines) {
    if (known.status == status) {
      return known.line.substr(before_reason, known.line.size() - before_reason - 2);
    }
  }
  return "Unknown";
}

std::string format_date_line(int64_t unix_seconds) {
  static constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed",
                                                      "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr",
                                                         "May", "Jun", "Jul", "Aug",
                                                         "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = unix_seconds;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  // Not strftime's names: those follow the process's locale.
  std::array<char, 64> rest;
  const size_t size =
      std::strftime(rest.data(), rest.size(), " %Y %H:%M:%S GMT\r\n", &utc);
  std::string line = "date: ";
  line += days[static_cast<size_t>(utc.tm_wday)];
  line += utc.tm_mday < 10 ? ", 0" : ", ";
  append_number(line, static_cast<uint64_t>(utc.tm_mday));
  line += ' ';
  line += months[static_cast<size_t>(utc.tm_mon)];
  return line.append(rest.data(), size);
}

std::string_view H1HeadWriter::date_line() {
  if (date_looked_up_ms_ != timers_.now_ms()) {
    date_looked_up_ms_ = timers_.now_ms();
    const int64_t second = clock_.wall_ms() / 1000;
    if (second != date_second_) date_line_ = format_date_line(second);
    date_second_ = second;
  }
  return date_line_;
}

std::string_view H1HeadWriter::write(const ResponseHead& head,
                                     const H1Framing& framing) {
  text_.clear();
  append_status_line(text_, head.status());
  bool brings_length = false;
  bool brings_date = false;
  for (size_t i = 0; i < head.size(); ++i) {
    const HeaderField field = head[i];
    if (field.name == "connection") continue;
    if (field.name == "content-length") {
      if (!framing.head_may_name_length) continue;
      brings_length = true;
    }
    brings_date |= field.name == "date";
    text_ += field.name;
    text_ += ": ";
    text_ += field.value;
    text_ += "\r\n";
  }
  if (!brings_date) text_ += date_line();
  if (framing.content_length && !brings_length) {
    text_ += "content-length: ";
    append_number(text_, *framing.content_length);
    text_ += "\r\n";
  }
  if (framing.chunked) text_ += "transfer-encoding: chunked\r\n";
  if (framing.close) {
    text_ += "connection: close\r\n";
  } else if (framing.say_keep_alive) {
    text_ += "connection: keep-alive\r\n";
  }
  if (head.constant() != nullptr) text_ += head.constant()->http1_text();
  text_ += "\r\n";
  return text_;
}

}  // namespace durable_streams::http
