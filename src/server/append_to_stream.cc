// POST: appends, closes, or both.
#include <utility>

#include "auth/permissions.h"
#include "base/limits.h"
#include "protocol/request_headers.h"
#include "protocol/stream_config.h"
#include "server/http_status.h"
#include "server/operations.h"
#include "server/request_body.h"
#include "streams/transactions.h"

namespace durable_streams::server {
namespace {

using http::Field;

struct ProducerNumbers {
  uint64_t epoch;
  uint64_t seq;
  bool has_data;  // A close-only request answers 204 like any other (§5.3).
};

class AppendExchange final : public streams::AppendTransaction {
 public:
  AppendExchange(StreamRequest request, protocol::AppendRequest append,
                 std::optional<ProducerNumbers> producer)
      : AppendTransaction(request.context.io.completions(), std::move(append)),
        exchange_(request.exchange),
        fields_(std::move(request.fields)),
        producer_(producer) {}

  void settled() noexcept override {
    answer();
    delete this;
  }

 private:
  void answer() {
    if (!streams::is_settled(receipt)) {
      return respond_unsettled(exchange_, fields_, receipt);
    }
    const StatusEntry status = status_of(outcome(), producer_ && producer_->has_data);
    http::ResponseHead head = fields_.head(status.status);
    add_position(head);
    add_producer(head);
    if (status.status >= 400) return respond_error(exchange_, head, refusal(status));
    exchange_.respond(head);
  }

  // Where the stream ends, on success and for who wants to know why it is closed.
  void add_position(http::ResponseHead& head) const {
    const bool closed_conflict =
        std::holds_alternative<protocol::AppendStreamClosed>(outcome());
    const bool success = std::holds_alternative<protocol::Appended>(outcome()) ||
                         std::holds_alternative<protocol::AppendDuplicate>(outcome()) ||
                         std::holds_alternative<protocol::AlreadyClosed>(outcome());
    if (!success && !closed_conflict) return;
    head.add("stream-next-offset", receipt.tail.to_string());
    if (receipt.closed) head.add("stream-closed", "true");
  }

  void add_producer(http::ResponseHead& head) const {
    if (!producer_) return;
    if (std::holds_alternative<protocol::Appended>(outcome())) {
      head.add("producer-epoch", producer_->epoch).add("producer-seq", producer_->seq);
    } else if (const auto* known = std::get_if<protocol::AppendDuplicate>(&outcome())) {
      head.add("producer-epoch", producer_->epoch).add("producer-seq", known->last_seq);
    } else if (const auto* stale =
                   std::get_if<protocol::AppendStaleEpoch>(&outcome())) {
      head.add("producer-epoch", stale->current);
    } else if (const auto* gap = std::get_if<protocol::AppendSequenceGap>(&outcome())) {
      head.add("producer-expected-seq", gap->expected);
      head.add("producer-received-seq", gap->received);
    }
  }

  http::Exchange& exchange_;
  AnswerFields fields_;
  std::optional<ProducerNumbers> producer_;
};

// Ids are the writer's own: another authority's producer of the same name is
// another producer.
std::string scoped(const std::string& authority, std::string id) {
  if (authority.empty()) return id;
  return authority + '\n' + id;
}

// Everything but the payload.
std::variant<protocol::AppendRequest, Refusal> parse(const http::Request& request,
                                                     const std::string& authority) {
  protocol::AppendRequest append;
  append.closes =
      protocol::is_stream_closed(request.field(Field::stream_closed).value_or(""));
  if (request.body.empty() && !append.closes) {
    return Refusal{
        400, "empty_body",
        "There is nothing to append; to close the stream send Stream-Closed: true."};
  }
  if (!request.body.empty()) {
    const auto type = request.field(Field::content_type);
    if (!type || type->empty()) {
      return Refusal{400, "content_type_missing", "A body needs a Content-Type."};
    }
    if (!protocol::is_valid_content_type(*type)) {
      return Refusal{400, "invalid_content_type", "Content-Type is not a media type."};
    }
    append.content_type = *type;
  }
  auto producer = protocol::parse_producer(request.field(Field::producer_id),
                                           request.field(Field::producer_epoch),
                                           request.field(Field::producer_seq));
  if (const auto* bad = std::get_if<protocol::BadRequest>(&producer))
    return refusal(*bad);
  append.producer = std::get<0>(std::move(producer));
  if (append.producer) {
    append.producer->id = scoped(authority, std::move(append.producer->id));
    if (auth::is_client(authority)) append.client_scope = scoped(authority, {});
  }
  if (const auto seq = request.field(Field::stream_seq)) {
    if (seq->empty() || seq->size() > limits::stream_seq_bytes_max) {
      return Refusal{400, "invalid_stream_seq", "Stream-Seq is empty or too long."};
    }
    append.stream_seq = protocol::ScopedSeq{authority, std::string(*seq)};
  }
  return append;
}

}  // namespace

void append_to_stream(StreamRequest request) {
  http::Request& received = request.exchange.request();
  auto parsed = parse(received, request.grant.authority);
  if (const auto* no = std::get_if<Refusal>(&parsed)) {
    return respond_error(request.exchange, request.fields, *no);
  }
  auto& append = std::get<protocol::AppendRequest>(parsed);
  if (!received.body.empty()) {
    auto payload = frame_body(append.content_type, std::move(received.body));
    if (!payload) {
      return respond_error(request.exchange, request.fields,
                           refusal_for_body(payload.error()));
    }
    if (payload->empty()) {
      return respond_error(request.exchange, request.fields,
                           {400, "empty_array", "An empty array appends nothing."});
    }
    append.payload = std::move(*payload);
  }
  std::optional<ProducerNumbers> producer;
  if (append.producer) {
    producer = {append.producer->epoch, append.producer->seq, !append.payload.empty()};
  }

  storage::Engine& engine = request.context.engine();
  const std::string path = std::move(request.path);
  engine.transact(path,
                  *new AppendExchange(std::move(request), std::move(append), producer));
}

}  // namespace durable_streams::server
