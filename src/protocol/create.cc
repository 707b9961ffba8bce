#include "protocol/create.h"

namespace durable_streams::protocol {

namespace {

// Whether a stream that exists is as good as gone for this request. One past its
// Expires-At may come back, should the wall clock be wrong; then so is what the
// clock says of the request, and an app that only makes sure that its stream is
// there must not lose it.
bool makes_way(const StreamState& state, const CreateRequest& request,
               const Moment& now) {
  if (!is_expired(state, now)) return false;
  const auto& expires_at_ms = request.config.expires_at_ms;
  const bool born_expired = expires_at_ms && now.wall_ms >= *expires_at_ms;
  return may_end(state, now) || !born_expired;
}

}  // namespace

CreateOutcome decide_create(const StreamState* state, const CreateRequest& request,
                            const Moment& now) {
  if (state == nullptr || makes_way(*state, request, now)) return Created{};
  const StreamConfig& existing = *state->config;
  if (!same_content_type(existing.content_type, request.config.content_type)) {
    return CreateConflict{"The stream exists with another content type."};
  }
  if (!same_config(existing, request.config)) {
    return CreateConflict{"The stream exists with another TTL or expiry."};
  }
  if (state->closed != request.closed) {
    return CreateConflict{state->closed ? "The stream exists and is closed."
                                        : "The stream exists and is open."};
  }
  return AlreadyMatches{};
}

Unit create_unit(CreateRequest& request, const Moment& now) {
  Unit unit;
  unit.kind = Unit::Kind::create;
  unit.at_ms = now.stream_ms;
  unit.config = share_config(std::move(request.config));
  unit.payload = std::move(request.initial);
  unit.closes = request.closed;
  return unit;
}

}  // namespace durable_streams::protocol
