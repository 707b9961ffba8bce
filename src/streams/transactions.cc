#include "streams/transactions.h"

namespace durable_streams::streams {

using protocol::Moment;
using protocol::StreamState;
using protocol::Unit;
using Verdict = storage::Transaction::Verdict;

namespace {

Unit ending(Unit::Kind kind, const Moment& now) {
  Unit unit;
  unit.kind = kind;
  unit.at_ms = now.stream_ms;
  return unit;
}

}  // namespace

Verdict CreateTransaction::decide(const StreamState* state, const Moment& now) {
  outcome_ = protocol::decide_create(state, request_, now);
  if (!std::holds_alternative<protocol::Created>(outcome_)) return Verdict::no_change;
  unit_ = protocol::create_unit(request_, now);
  return Verdict::commit;
}

Verdict AppendTransaction::decide(const StreamState* state, const Moment& now) {
  outcome_ = protocol::decide_append(state, request_, now);
  if (std::holds_alternative<protocol::Appended>(outcome_)) {
    unit_ = protocol::append_unit(request_, now);
    return Verdict::commit;
  }
  if (std::holds_alternative<protocol::AppendNotFound>(outcome_) && state != nullptr &&
      protocol::may_end(*state, now)) {
    unit_ = ending(Unit::Kind::expire, now);
    return Verdict::commit;
  }
  return Verdict::no_change;
}

Verdict RemoveTransaction::decide(const StreamState* state, const Moment& now) {
  removed_ = state != nullptr && !protocol::is_expired(*state, now);
  if (state == nullptr) return Verdict::no_change;
  unit_ = ending(removed_ ? Unit::Kind::remove : Unit::Kind::expire, now);
  return Verdict::commit;
}

Verdict ExpireTransaction::decide(const StreamState* state, const Moment& now) {
  gone_ = state == nullptr || protocol::is_expired(*state, now);
  if (state == nullptr || !protocol::may_end(*state, now)) return Verdict::no_change;
  unit_ = ending(Unit::Kind::expire, now);
  return Verdict::commit;
}

}  // namespace durable_streams::streams
