#include "durable_streams/stream.h"

#include <algorithm>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <initializer_list>
#include <optional>
#include <utility>

#include "client/answers.h"
#include "client/connection.h"
#include "client/url.h"

namespace durable_streams::client {
namespace {

namespace http = boost::beast::http;

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

tl::unexpected<Error> refuse(std::string sentence) {
  Error error;
  error.code = ErrorCode::invalid_argument;
  error.message = std::move(sentence);
  return tl::unexpected<Error>(std::move(error));
}

// For what goes into header fields as it is.
std::optional<Error> check_fields(std::initializer_list<std::string_view> values) {
  if (std::none_of(values.begin(), values.end(), has_control_character)) {
    return std::nullopt;
  }
  return refuse("a content type, time, producer or sequence holds a control character")
      .value();
}

// Whether a failed try may be followed by another.
enum class Repeat { no, yes };

}  // namespace

class Stream::Impl {
 public:
  Impl(Url url, Options options)
      : url_text_(url.origin() + url.target),
        options_(std::move(options)),
        connection_(std::move(url)) {}

  const std::string& url_text() const { return url_text_; }
  const Options& options() const { return options_; }

  HttpRequest request(http::verb verb, const std::string& query = {},
                      std::string_view body = {}) const {
    HttpRequest request(verb, connection_.url().target + query, 11);
    request.set(http::field::host, connection_.url().authority());
    request.set(http::field::user_agent, "durable-streams/" DURABLE_STREAMS_VERSION);
    if (!options_.token.empty()) {
      request.set(http::field::authorization, "Bearer " + options_.token);
    }
    request.body() = {body.data(), body.size()};
    const bool has_body = verb == http::verb::put || verb == http::verb::post;
    if (has_body) request.content_length(body.size());
    return request;
  }

  // Sends until an answer of 2xx, an error that another try would not cure, or
  // the deadline.
  Result<HttpResponse> perform(const HttpRequest& request, Repeat repeat,
                               int64_t timeout_ms) {
    const int64_t deadline_ms = system_clock().steady_ms() + timeout_ms;
    int64_t delay_ms = options_.retry_delay_ms;
    bool outcome_unknown = false;
    for (int attempt = 1;; ++attempt) {
      Result<HttpResponse> response =
          connection_.exchange(request, options_.connect_timeout_ms, deadline_ms);
      if (response && response->result_int() / 100 == 2) return response;
      Error error = response ? error_of(*response) : std::move(response.error());
      if (response)
        delay_ms = std::max(delay_ms, retry_after_ms(*response).value_or(0));
      const bool may_repeat = repeat == Repeat::yes && error.is_transient() &&
                              attempt < options_.attempts_max &&
                              system_clock().steady_ms() + delay_ms < deadline_ms;
      // An earlier try may have been carried out, whatever the last one says.
      outcome_unknown = outcome_unknown || error.outcome_unknown;
      if (!may_repeat) {
        error.outcome_unknown = outcome_unknown && changes_something(request);
        return tl::unexpected(std::move(error));
      }
      connection_.sleep(delay_ms);
      delay_ms *= 2;
    }
  }

 private:
  static bool changes_something(const HttpRequest& request) {
    return request.method() != http::verb::get && request.method() != http::verb::head;
  }

  const std::string url_text_;
  const Options options_;
  Connection connection_;
};

Stream::Stream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

const std::string& Stream::url() const {
  return impl_->url_text();
}

Result<Stream> Stream::open(std::string_view url, Options options) {
  auto parsed = parse_url(url);
  if (!parsed) return tl::unexpected(std::move(parsed.error()));
  if (options.token.empty()) options.token = parsed->token;
  if (has_control_character(options.token)) {
    return refuse("the token holds a line break or another control character");
  }
  return Stream(std::make_unique<Impl>(std::move(*parsed), std::move(options)));
}

Result<Created> Stream::create(const CreateOptions& options, std::string_view body) {
  if (options.ttl_seconds && options.expires_at) {
    return refuse("a stream has a TTL or an expiry time, not both");
  }
  if (auto error =
          check_fields({options.content_type, options.expires_at.value_or("")})) {
    return tl::unexpected(std::move(*error));
  }
  HttpRequest request = impl_->request(http::verb::put, {}, body);
  if (!options.content_type.empty()) {
    request.set(http::field::content_type, options.content_type);
  }
  if (options.ttl_seconds)
    request.set("Stream-TTL", std::to_string(*options.ttl_seconds));
  if (options.expires_at) request.set("Stream-Expires-At", *options.expires_at);
  if (options.closed) request.set("Stream-Closed", "true");
  const auto response =
      impl_->perform(request, Repeat::no, impl_->options().deadline_ms);
  if (!response) return tl::unexpected(response.error());
  return created_of(*response);
}

Result<Appended> Stream::append(std::string_view body, const AppendOptions& options) {
  const std::string producer_id = options.producer ? options.producer->id : "";
  if (auto error =
          check_fields({options.content_type, options.stream_seq, producer_id})) {
    return tl::unexpected(std::move(*error));
  }
  HttpRequest request = impl_->request(http::verb::post, {}, body);
  request.set(http::field::content_type, options.content_type);
  if (options.producer) {
    request.set("Producer-Id", options.producer->id);
    request.set("Producer-Epoch", std::to_string(options.producer->epoch));
    request.set("Producer-Seq", std::to_string(options.producer->seq));
  }
  if (!options.stream_seq.empty()) request.set("Stream-Seq", options.stream_seq);
  if (options.close) request.set("Stream-Closed", "true");
  const auto response =
      impl_->perform(request, options.producer ? Repeat::yes : Repeat::no,
                     impl_->options().deadline_ms);
  if (!response) return tl::unexpected(response.error());
  return appended_of(*response, options.producer.has_value());
}

Result<Appended> Stream::close() {
  HttpRequest request = impl_->request(http::verb::post);
  request.set("Stream-Closed", "true");
  const auto response =
      impl_->perform(request, Repeat::yes, impl_->options().deadline_ms);
  if (!response) return tl::unexpected(response.error());
  return appended_of(*response, false);
}

Result<Page> Stream::read(const ReadOptions& options) {
  // In alphabetical order, for caches.
  std::string query = "?";
  if (!options.cursor.empty())
    query += "cursor=" + encode_query_value(options.cursor) + "&";
  if (options.wait) query += "live=long-poll&";
  query += "offset=" + encode_query_value(options.offset);
  const int64_t timeout_ms =
      options.wait ? impl_->options().live_timeout_ms : impl_->options().deadline_ms;
  auto response =
      impl_->perform(impl_->request(http::verb::get, query), Repeat::yes, timeout_ms);
  if (!response) return tl::unexpected(std::move(response.error()));
  return page_of(std::move(*response));
}

Result<Metadata> Stream::head() {
  const auto response = impl_->perform(impl_->request(http::verb::head), Repeat::yes,
                                       impl_->options().deadline_ms);
  if (!response) return tl::unexpected(response.error());
  return metadata_of(*response);
}

Result<void> Stream::remove() {
  const auto response = impl_->perform(impl_->request(http::verb::delete_), Repeat::no,
                                       impl_->options().deadline_ms);
  if (!response) return tl::unexpected(response.error());
  return {};
}

}  // namespace durable_streams::client
