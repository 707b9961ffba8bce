#include "server/api.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "protocol/request_headers.h"
#include "server/http_status.h"

namespace durable_streams::server {

using http::Field;
using http::Method;

struct Api::Operation {
  Method method;
  auth::Permission permission;
  void (*run)(StreamRequest);
};

namespace {

constexpr std::string_view allowed_methods = "GET, HEAD, POST, PUT, DELETE, OPTIONS";

// "__ds" and all below it is for control (PROTOCOL.md §6), never a stream.
bool is_reserved(std::string_view path) {
  return path == "__ds" || path.starts_with("__ds/");
}

void respond_health(http::Exchange& exchange, const ThreadContext& context,
                    const AnswerFields& fields) {
  if (const auto health = context.engine().health(); !health) {
    return respond_error(exchange, fields,
                         {503, "storage_failed", health.error().message()});
  }
  http::ResponseHead head = fields.head(200);
  head.add("content-type", "application/json");
  head.add("cache-control", "no-store");
  const std::array body = {SharedBytes::literal(
      R"({"status":"ok","version":")" DURABLE_STREAMS_VERSION R"("})")};
  exchange.respond(head, body);
}

// What browsers ask before a cross-origin request. Needs no token: it cannot
// carry one.
void respond_preflight(http::Exchange& exchange, const AnswerFields& fields) {
  http::ResponseHead head = fields.head(204);
  head.add("access-control-allow-methods", allowed_methods);
  head.add("access-control-allow-headers",
           "Authorization, Content-Type, If-None-Match, Stream-Seq, Stream-TTL, "
           "Stream-Expires-At, Stream-Closed, Stream-Forked-From, Stream-Fork-Offset, "
           "Stream-Fork-Sub-Offset, Producer-Id, Producer-Epoch, Producer-Seq");
  head.add("access-control-max-age", "86400");
  exchange.respond(head);
}

}  // namespace

std::optional<StreamRequest> Api::admit(http::Exchange& exchange,
                                        const Operation*& operation) {
  static constexpr std::array operations = {
      Operation{Method::get, auth::Permission::read, read_stream},
      Operation{Method::post, auth::Permission::append, append_to_stream},
      Operation{Method::put, auth::Permission::create, create_stream},
      Operation{Method::head, auth::Permission::metadata, head_stream},
      Operation{Method::del, auth::Permission::remove, delete_stream},
  };
  const http::Request& request = exchange.request();
  AnswerFields fields = context_.shared.cors.fields_for(request);
  const auto refuse_with = [&](const Refusal& no) {
    respond_error(exchange, fields, no);
    return std::nullopt;
  };

  const auto raw_name = context_.shared.route.raw_name(request.path);
  if (!raw_name) {
    return refuse_with({404, "not_found",
                        fmt::format("Nothing is here; streams are below {}",
                                    context_.shared.route.prefix())});
  }
  for (const Operation& candidate : operations) {
    if (candidate.method == request.method) operation = &candidate;
  }
  if (operation == nullptr) {
    http::ResponseHead head = fields.head(405);
    head.add("allow", allowed_methods);
    respond_error(exchange, head,
                  {405, "method_not_allowed", "A stream does not know this method."});
    return std::nullopt;
  }
  auto path = protocol::decode_stream_path(*raw_name);
  if (!path) {
    return refuse_with(
        {400, "invalid_stream_name",
         "The stream's name is empty, too long, or badly percent-encoded."});
  }

  // Without tokens CORS alone would not do: a page's plain POST needs no leave.
  const auto origin = request.field(Field::origin);
  if (context_.shared.access.is_open() && origin &&
      !context_.shared.cors.allows(*origin)) {
    return refuse_with(
        {403, "origin_not_allowed", "Pages of this origin may not use this server."});
  }

  auth::Permission permission = operation->permission;
  if (permission == auth::Permission::append &&
      protocol::is_stream_closed(request.field(Field::stream_closed).value_or(""))) {
    permission = auth::Permission::close;
  }
  auto access = context_.shared.access.check(request, permission, *path,
                                             context_.io.clock().wall_ms());
  if (const auto* no = std::get_if<Refusal>(&access)) {
    http::ResponseHead head = fields.head(no->status);
    if (no->status == 401) head.add("www-authenticate", "Bearer");
    respond_error(exchange, head, *no);
    return std::nullopt;
  }
  if (is_reserved(*path)) {
    return refuse_with({501, "subscriptions_not_available",
                        "This server does not offer subscriptions yet."});
  }
  return StreamRequest{context_, exchange, std::move(fields), std::move(*path),
                       std::move(std::get<Grant>(access))};
}

bool Api::accept_head(http::Exchange& exchange) {
  accepted_.reset();
  const Method method = exchange.request().method;
  // Only a body is worth refusing early.
  if (method != Method::post && method != Method::put) return true;
  const Operation* operation = nullptr;
  auto admitted = admit(exchange, operation);
  if (!admitted) return false;
  accepted_.emplace(Accepted{operation, std::move(*admitted)});
  return true;
}

void Api::handle(http::Exchange& exchange) {
  if (accepted_ && &accepted_->request.exchange == &exchange) {
    Accepted accepted = std::move(*accepted_);
    accepted_.reset();
    return accepted.operation->run(std::move(accepted.request));
  }
  const http::Request& request = exchange.request();
  if (request.method == Method::options) {
    return respond_preflight(exchange, context_.shared.cors.fields_for(request));
  }
  if (request.path == "/up" &&
      (request.method == Method::get || request.method == Method::head)) {
    return respond_health(exchange, context_, context_.shared.cors.fields_for(request));
  }
  const Operation* operation = nullptr;
  auto admitted = admit(exchange, operation);
  if (admitted) operation->run(std::move(*admitted));
}

void Api::refuse(http::Exchange& exchange, int status, std::string_view code,
                 std::string_view reason) {
  respond_error(exchange, context_.shared.cors.fields_for(exchange.request()),
                {status, code, std::string(reason)});
}

}  // namespace durable_streams::server
