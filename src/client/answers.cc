#include "client/answers.h"

#include <rapidjson/document.h>

#include <boost/beast/core/string.hpp>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

namespace durable_streams::client {
namespace {

namespace http = boost::beast::http;

// Of a message; longer ones are cut. Stops: a terminal flooded by an error page.
constexpr size_t reason_bytes_max = 1000;

std::string field(const HttpResponse& response, const char* name) {
  const auto value = response[name];
  return std::string(value.data(), value.size());
}

std::optional<uint64_t> number_field(const HttpResponse& response, const char* name) {
  const std::string text = field(response, name);
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_true(const HttpResponse& response, const char* name) {
  return boost::beast::iequals(response[name], "true");
}

const rapidjson::Value* member(const rapidjson::Value& value, const char* name) {
  if (!value.IsObject()) return nullptr;
  const auto found = value.FindMember(name);
  return found == value.MemberEnd() ? nullptr : &found->value;
}

// The server's own sentence: {"error": {"message": ...}} and its likes.
std::string reason_of(const HttpResponse& response) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(response.body().data(),
                                                 response.body().size());
  if (document.HasParseError()) return {};
  const rapidjson::Value* error = member(document, "error");
  const rapidjson::Value& holder =
      error != nullptr && error->IsObject() ? *error : document;
  for (const char* name : {"message", "reason", "error"}) {
    const rapidjson::Value* text = member(holder, name);
    if (text == nullptr || !text->IsString()) continue;
    return std::string(text->GetString(),
                       std::min<size_t>(text->GetStringLength(), reason_bytes_max));
  }
  return {};
}

ErrorCode code_of(const HttpResponse& response) {
  const int status = static_cast<int>(response.result_int());
  if (status >= 300 && status < 400) return ErrorCode::redirected;
  switch (status) {
    case 401:
      return ErrorCode::unauthorized;
    case 403:
      return response["producer-epoch"].empty() ? ErrorCode::forbidden
                                                : ErrorCode::stale_epoch;
    case 404:
      return ErrorCode::not_found;
    case 409:
      if (is_true(response, "stream-closed")) return ErrorCode::closed;
      return response["producer-expected-seq"].empty() ? ErrorCode::conflict
                                                       : ErrorCode::sequence_gap;
    case 410:
      return ErrorCode::gone;
    case 413:
      return ErrorCode::too_large;
    case 429:
      return ErrorCode::rate_limited;
    case 502:
    case 503:
    case 504:
    case 507:
      return ErrorCode::unavailable;
    default:
      break;
  }
  if (status >= 400 && status < 500) return ErrorCode::invalid_request;
  return status >= 500 ? ErrorCode::server_error : ErrorCode::malformed_answer;
}

const char* sentence_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::redirected:
      return "the server points elsewhere; redirects are not followed";
    case ErrorCode::unauthorized:
      return "the server wants a valid token";
    case ErrorCode::forbidden:
      return "this is not allowed";
    case ErrorCode::not_found:
      return "no such stream";
    case ErrorCode::gone:
      return "this part of the stream is no more";
    case ErrorCode::conflict:
      return "this conflicts with the stream as it is";
    case ErrorCode::closed:
      return "the stream is closed";
    case ErrorCode::stale_epoch:
      return "a newer epoch of this producer has taken over";
    case ErrorCode::sequence_gap:
      return "an earlier append of this producer is missing";
    case ErrorCode::too_large:
      return "the server takes no body of this size";
    case ErrorCode::rate_limited:
      return "too many requests";
    case ErrorCode::unavailable:
      return "the server can't do this now";
    case ErrorCode::invalid_request:
      return "the server refuses the request";
    default:
      return "the server failed";
  }
}

tl::unexpected<Error> missing(const HttpResponse& response, const char* name) {
  Error error;
  error.code = ErrorCode::malformed_answer;
  error.status = static_cast<int>(response.result_int());
  error.message = std::string("the answer has no ") + name +
                  ": is this a Durable Streams server, and the URL a stream's?";
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace

Error error_of(const HttpResponse& response) {
  Error error;
  error.code = code_of(response);
  error.status = static_cast<int>(response.result_int());
  const std::string reason = reason_of(response);
  error.message = reason.empty() ? sentence_of(error.code) : reason;
  error.message += " (" + std::to_string(error.status) + ")";
  if (error.code == ErrorCode::closed) {
    error.offset = field(response, "stream-next-offset");
  }
  error.producer_epoch = number_field(response, "producer-epoch");
  error.expected_seq = number_field(response, "producer-expected-seq");
  return error;
}

std::optional<int64_t> retry_after_ms(const HttpResponse& response) {
  constexpr uint64_t seconds_max = 24 * 3600;
  const auto seconds = number_field(response, "retry-after");
  if (!seconds || *seconds > seconds_max) return std::nullopt;
  return static_cast<int64_t>(*seconds) * 1000;
}

Result<Created> created_of(const HttpResponse& response) {
  Created created;
  created.is_new = response.result_int() == 201;
  created.next_offset = field(response, "stream-next-offset");
  if (created.next_offset.empty()) return missing(response, "Stream-Next-Offset");
  return created;
}

Result<Appended> appended_of(const HttpResponse& response, bool has_producer) {
  Appended appended;
  // With producer headers 200 means appended, 204 that it was there before.
  appended.is_duplicate = has_producer && response.result_int() == 204;
  appended.closed = is_true(response, "stream-closed");
  appended.next_offset = field(response, "stream-next-offset");
  if (appended.next_offset.empty()) return missing(response, "Stream-Next-Offset");
  return appended;
}

Result<Page> page_of(HttpResponse response) {
  Page page;
  page.content_type = field(response, "content-type");
  page.next_offset = field(response, "stream-next-offset");
  page.cursor = field(response, "stream-cursor");
  page.up_to_date = is_true(response, "stream-up-to-date");
  page.closed = is_true(response, "stream-closed");
  if (page.next_offset.empty()) return missing(response, "Stream-Next-Offset");
  page.body = std::move(response.body());
  return page;
}

Result<Metadata> metadata_of(const HttpResponse& response) {
  Metadata metadata;
  metadata.content_type = field(response, "content-type");
  metadata.next_offset = field(response, "stream-next-offset");
  metadata.closed = is_true(response, "stream-closed");
  metadata.ttl_seconds = field(response, "stream-ttl");
  metadata.expires_at = field(response, "stream-expires-at");
  if (metadata.next_offset.empty()) return missing(response, "Stream-Next-Offset");
  return metadata;
}

}  // namespace durable_streams::client
