// PUT: creates a stream, or confirms that it is there as asked.
#include <fmt/format.h>

#include <utility>

#include "protocol/json_framing.h"
#include "protocol/request_headers.h"
#include "server/http_status.h"
#include "server/operations.h"
#include "server/request_body.h"
#include "streams/transactions.h"

namespace durable_streams::server {
namespace {

using http::Field;

class CreateExchange final : public streams::CreateTransaction {
 public:
  CreateExchange(StreamRequest request, protocol::CreateRequest create)
      : CreateTransaction(request.context.io.completions(), std::move(create)),
        request_(std::move(request)) {}

  const std::string& path() const { return request_.path; }

  void settled() noexcept override {
    answer();
    delete this;
  }

 private:
  void answer() {
    if (!streams::is_settled(receipt)) {
      return respond_unsettled(request_.exchange, request_.fields, receipt);
    }
    const StatusEntry status = status_of(outcome());
    http::ResponseHead head = request_.fields.head(status.status);
    if (status.status == 409) {
      return respond_error(request_.exchange, head, refusal(status));
    }
    head.add("content-type", config().content_type);
    head.add("stream-next-offset", receipt.tail.to_string());
    if (receipt.closed) head.add("stream-closed", "true");
    head.add("cache-control", "no-store");
    if (status.status == 201) head.add("location", location());
    request_.exchange.respond(head);
  }

  std::string location() const {
    const http::Request& request = request_.exchange.request();
    return fmt::format("{}://{}{}", request.secure ? "https" : "http",
                       request.field(Field::host).value_or("localhost"), request.path);
  }

  StreamRequest request_;
};

// What the headers ask for, or why they cannot be served.
std::variant<protocol::CreateRequest, Refusal> parse(const http::Request& request) {
  if (request.field(Field::stream_forked_from)) {
    return Refusal{501, "forks_not_available",
                   "This server does not fork streams yet."};
  }
  protocol::CreateRequest create;
  if (const auto type = request.field(Field::content_type)) {
    if (!protocol::is_valid_content_type(*type)) {
      return Refusal{400, "invalid_content_type", "Content-Type is not a media type."};
    }
    create.config.content_type = *type;
  }
  const auto ttl = request.field(Field::stream_ttl);
  const auto expires_at = request.field(Field::stream_expires_at);
  if (ttl && expires_at) {
    return Refusal{400, "ttl_and_expires_at",
                   "Stream-TTL and Stream-Expires-At exclude each other."};
  }
  if (ttl) {
    const auto parsed = protocol::parse_ttl(*ttl);
    if (const auto* bad = std::get_if<protocol::BadRequest>(&parsed))
      return refusal(*bad);
    create.config.ttl_seconds = std::get<uint64_t>(parsed);
  }
  if (expires_at) {
    const auto parsed = protocol::parse_expires_at(*expires_at);
    if (const auto* bad = std::get_if<protocol::BadRequest>(&parsed))
      return refusal(*bad);
    create.config.expires_at_ms = std::get<int64_t>(parsed);
  }
  create.closed =
      protocol::is_stream_closed(request.field(Field::stream_closed).value_or(""));
  return create;
}

}  // namespace

void create_stream(StreamRequest request) {
  http::Request& received = request.exchange.request();
  auto parsed = parse(received);
  if (const auto* no = std::get_if<Refusal>(&parsed)) {
    return respond_error(request.exchange, request.fields, *no);
  }
  auto& create = std::get<protocol::CreateRequest>(parsed);
  auto payload = frame_body(create.config.content_type, std::move(received.body));
  if (!payload) {
    return respond_error(request.exchange, request.fields,
                         refusal_for_body(payload.error()));
  }
  create.initial = std::move(*payload);
  storage::Engine& engine = request.context.engine();
  auto* const exchange = new CreateExchange(std::move(request), std::move(create));
  engine.transact(exchange->path(), *exchange);
}

}  // namespace durable_streams::server
