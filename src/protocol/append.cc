#include "protocol/append.h"

#include "base/limits.h"
#include "base/overloaded.h"

namespace durable_streams::protocol {
namespace {

// Whether a producer that the stream does not know may be remembered.
bool has_room(const WriterTable& writers, const AppendRequest& request,
              const Moment& now) {
  if (forgets_producers(writers, now.stream_ms)) return true;
  if (!has_room_for_producer(writers, now.stream_ms)) return false;
  constexpr size_t client_max = limits::producers_per_client_max;
  return request.client_scope.empty() || writers.producers() < client_max ||
         writers.producers_with(request.client_scope, client_max) < client_max;
}

// nullopt: the producer's part lets the append through.
std::optional<AppendOutcome> refuse_producer(const StreamState& state,
                                             const AppendRequest& request,
                                             const Moment& now) {
  const ProducerTuple& tuple = *request.producer;
  const std::optional<ProducerState> known = state.writers.producer(tuple.id);
  using Refusal = std::optional<AppendOutcome>;
  return std::visit(Overloaded{
                        [&](ProducerAccepted) -> Refusal {
                          if (known || has_room(state.writers, request, now))
                            return std::nullopt;
                          return AppendTooManyProducers{};
                        },
                        [](ProducerDuplicate verdict) -> Refusal {
                          return AppendDuplicate{verdict.last_seq, false};
                        },
                        [](ProducerStaleEpoch verdict) -> Refusal {
                          return AppendStaleEpoch{verdict.current};
                        },
                        [](ProducerGap verdict) -> Refusal {
                          return AppendSequenceGap{verdict.expected, verdict.received};
                        },
                        [](ProducerEpochMustStartAtZero) -> Refusal {
                          return AppendEpochMustStartAtZero{};
                        },
                    },
                    validate_producer(known ? &*known : nullptr, tuple));
}

AppendOutcome decide_on_closed(const StreamState& state, const AppendRequest& request) {
  if (request.producer && state.writers.closed_by() == request.producer) {
    return AppendDuplicate{request.producer->seq, true};
  }
  if (request.closes && request.payload.empty()) return AlreadyClosed{};
  return AppendStreamClosed{};
}

}  // namespace

AppendOutcome decide_append(const StreamState* state, const AppendRequest& request,
                            const Moment& now) {
  if (state == nullptr || is_expired(*state, now)) return AppendNotFound{};
  if (state->closed) return decide_on_closed(*state, request);
  if (!request.payload.empty() &&
      !same_content_type(state->config->content_type, request.content_type)) {
    return AppendContentTypeMismatch{};
  }
  if (request.producer) {
    if (auto refusal = refuse_producer(*state, request, now)) return *refusal;
  }
  if (request.stream_seq) {
    const auto last = state->writers.stream_seq(request.stream_seq->scope);
    if (last && request.stream_seq->value <= *last) return AppendSeqRegression{};
    if (!last && state->writers.stream_seqs() >= limits::stream_seqs_per_stream_max)
      return AppendTooManyStreamSeqs{};
  }
  return Appended{};
}

Unit append_unit(AppendRequest& request, const Moment& now) {
  Unit unit;
  unit.kind = Unit::Kind::append;
  unit.at_ms = now.stream_ms;
  unit.payload = std::move(request.payload);
  unit.closes = request.closes;
  unit.producer = std::move(request.producer);
  unit.stream_seq = std::move(request.stream_seq);
  return unit;
}

}  // namespace durable_streams::protocol
