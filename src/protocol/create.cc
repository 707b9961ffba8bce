#include "protocol/create.h"

namespace durable_streams::protocol {

CreateOutcome decide_create(const StreamState* state, const CreateRequest& request,
                            const Moment& now) {
  if (state == nullptr || is_expired(*state, now)) return Created{};
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
