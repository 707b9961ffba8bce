// GET: finds the stream and hands over to the read mode that was asked for.
#include <utility>

#include "server/find_stream.h"
#include "server/operations.h"
#include "server/read_modes.h"
#include "server/request_body.h"

namespace durable_streams::server {
namespace {

protocol::Offset resolve(const protocol::ReadStart& start,
                         const storage::Snapshot& snapshot) {
  if (std::holds_alternative<protocol::FromNow>(start)) return snapshot.tail;
  if (const auto* offset = std::get_if<protocol::Offset>(&start)) return *offset;
  return {};
}

void answer(ReadFrom read) {
  switch (read.read.mode) {
    case protocol::ReadMode::catch_up:
      return read_catch_up(std::move(read));
    case protocol::ReadMode::long_poll:
      return read_long_poll(std::move(read));
    case protocol::ReadMode::sse:
      return read_sse(std::move(read));
  }
}

// Answers a read once the log knows that the stream's TTL was renewed. Should it
// not take that, the answer is given all the same: reading goes on when writing
// does not.
class AnswerWhenRenewed final : public storage::Transaction {
 public:
  explicit AnswerWhenRenewed(ReadFrom read)
      : Transaction(read.request.context.io.completions()), read_(std::move(read)) {}

  Verdict decide(const protocol::StreamState*, const protocol::Moment&) override {
    return Verdict::no_change;
  }
  protocol::Unit& unit() override { return unit_; }

  void settled() noexcept override {
    answer(std::move(read_));
    delete this;
  }

 private:
  ReadFrom read_;
  protocol::Unit unit_;  // None is ever asked for.
};

}  // namespace

void read_stream(StreamRequest request) {
  const http::Request& received = request.exchange.request();
  auto parsed = protocol::parse_read_request(
      received.query, received.field(http::Field::if_none_match).value_or(""));
  if (const auto* bad = std::get_if<protocol::BadRequest>(&parsed)) {
    return respond_error(request.exchange, request.fields, refusal(*bad));
  }
  storage::StreamHandle stream = find_stream(request, read_stream);
  if (stream == nullptr) return;
  storage::Engine& engine = request.context.engine();
  const bool wait = engine.renew(*stream);

  auto& read = std::get<protocol::ReadRequest>(parsed);
  const protocol::Offset from = resolve(read.start, stream->snapshot());
  ReadFrom read_from{std::move(request), std::move(stream), std::move(read), from};
  if (!wait) return answer(std::move(read_from));
  const storage::StreamHandle kept = read_from.stream;
  engine.transact(kept->path(), *new AnswerWhenRenewed(std::move(read_from)));
}

bool is_past(const ThreadContext& context, const storage::OpenStream& stream) {
  const auto& expires_at_ms = stream.config().expires_at_ms;
  return expires_at_ms && context.io.clock().wall_ms() >= *expires_at_ms;
}

int64_t live_tick_ms(const ServingLimits& limits,
                     const protocol::StreamConfig& config) {
  if (!config.ttl_seconds) return limits.sse_keep_alive_ms;
  const auto half_ttl_ms = static_cast<int64_t>(*config.ttl_seconds) * 500;
  return std::max<int64_t>(std::min(half_ttl_ms, limits.sse_keep_alive_ms), 100);
}

}  // namespace durable_streams::server
