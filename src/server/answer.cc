#include "server/answer.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>

#include "auth/loopback.h"

namespace durable_streams::server {
namespace {

constexpr std::string_view exposed_fields =
    "Stream-Next-Offset, Stream-Cursor, Stream-Up-To-Date, Stream-Closed, Stream-TTL, "
    "Stream-Expires-At, Stream-SSE-Data-Encoding, Producer-Epoch, Producer-Seq, "
    "Producer-Expected-Seq, Producer-Received-Seq, ETag, Location, Retry-After";

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields security_fields() {
  return {
      {"x-content-type-options", "nosniff"},
      {"cross-origin-resource-policy", "cross-origin"},
  };
}

Fields page_fields(bool any_origin) {
  Fields fields = security_fields();
  fields.emplace_back("access-control-expose-headers", exposed_fields);
  if (any_origin) {
    fields.emplace_back("access-control-allow-origin", "*");
  } else {
    fields.emplace_back("vary", "Origin");
  }
  return fields;
}

bool writes(http::Method method) {
  return method == http::Method::put || method == http::Method::post ||
         method == http::Method::del;
}

std::string error_body(const Refusal& refusal) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  const auto string = [&writer](std::string_view text) {
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  };
  writer.StartObject();
  writer.Key("error");
  writer.StartObject();
  writer.Key("code");
  string(refusal.code);
  writer.Key("message");
  string(refusal.message);
  writer.EndObject();
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

http::ResponseHead AnswerFields::head(int status) const {
  http::ResponseHead head(status, constant_);
  if (!allow_origin_.empty()) head.add("access-control-allow-origin", allow_origin_);
  return head;
}

Cors::Cors(Mode mode, std::vector<std::string> origins)
    : mode_(mode),
      origins_(std::move(origins)),
      constant_(security_fields()),
      for_pages_(page_fields(mode == Mode::any)) {}

Cors Cors::any() {
  return {Mode::any, {}};
}
Cors Cors::loopback() {
  return {Mode::loopback, {}};
}
Cors Cors::only(std::vector<std::string> origins) {
  return {Mode::listed, std::move(origins)};
}

bool Cors::allows(std::string_view origin) const {
  switch (mode_) {
    case Mode::any:
      return true;
    case Mode::loopback:
      return auth::is_loopback_origin(origin);
    case Mode::listed:
      return std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
  }
  return false;
}

AnswerFields Cors::fields_for(const http::Request& request) const {
  const auto origin = request.field(http::Field::origin);
  if (!origin && writes(request.method)) return {constant_, {}};
  if (mode_ == Mode::any || !origin || !allows(*origin)) return {for_pages_, {}};
  return {for_pages_, std::string(*origin)};
}

void respond_error(http::Exchange& exchange, http::ResponseHead& head,
                   const Refusal& refusal) {
  head.add("content-type", "application/json");
  head.add("cache-control", "no-store");
  const std::array body = {SharedBytes(error_body(refusal))};
  exchange.respond(head, body);
}

void respond_error(http::Exchange& exchange, const AnswerFields& fields,
                   const Refusal& refusal) {
  http::ResponseHead head = fields.head(refusal.status);
  respond_error(exchange, head, refusal);
}

}  // namespace durable_streams::server
