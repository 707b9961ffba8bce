// PUT: what creating a stream means (PROTOCOL.md §5.1). Forks come later, here.
#pragma once

#include <variant>

#include "protocol/stream_state.h"

namespace durable_streams::protocol {

struct CreateRequest {
  StreamConfig config;
  FramedPayload initial;  // May be empty.
  bool closed = false;    // Stream-Closed: true.
};

// 201.
struct Created {};
// 200: exists, same configuration and closure.
struct AlreadyMatches {};
// 409; `reason` is a sentence of static storage duration.
struct CreateConflict {
  const char* reason;
};
using CreateOutcome = std::variant<Created, AlreadyMatches, CreateConflict>;

// `state` is null if there is no such stream. An expired stream counts as none,
// but for a request whose own Expires-At has passed: until may_end() that finds the
// stream that is there.
CreateOutcome decide_create(const StreamState* state, const CreateRequest& request,
                            const Moment& now);

// The unit for a Created outcome. Moves the payload out of `request`.
Unit create_unit(CreateRequest& request, const Moment& now);

}  // namespace durable_streams::protocol
