// POST: appending and closing (PROTOCOL.md §5.2, §5.2.1, §5.3).
#pragma once

#include <string>
#include <variant>

#include "protocol/stream_state.h"

namespace durable_streams::protocol {

// A request whose syntax is already checked. How its bytes are to be framed
// depends on the stream's content type, so framing happens before the decision
// with the type the request names (a mismatch ends in 409, no byte is kept).
struct AppendRequest {
  std::string content_type;  // Ignored if `payload` is empty.
  FramedPayload payload;     // Empty only if `closes`.
  bool closes = false;
  std::optional<ProducerTuple> producer;
  std::optional<ScopedSeq> stream_seq;

  // What the ids of this client's producers begin with; empty for the app server,
  // which limits::producers_per_client_max does not bind.
  std::string client_scope;
};

// 200 with a producer, else 204.
struct Appended {};
// 204. `last_seq` is the highest accepted; `closed`: it closed the stream, too.
struct AppendDuplicate {
  uint64_t last_seq;
  bool closed;
};
// 204: close-only on a closed stream.
struct AlreadyClosed {};
// 404; an expired stream too.
struct AppendNotFound {};
// 409 with Stream-Closed.
struct AppendStreamClosed {};
// 409.
struct AppendContentTypeMismatch {};
// 403: fenced by a newer epoch.
struct AppendStaleEpoch {
  uint64_t current;
};
// 409.
struct AppendSequenceGap {
  uint64_t expected;
  uint64_t received;
};
// 400.
struct AppendEpochMustStartAtZero {};
// 409: Stream-Seq did not ascend.
struct AppendSeqRegression {};
// 429: limits::producers_per_stream_max, producers_per_client_max.
struct AppendTooManyProducers {};
// 429: limits::stream_seqs_per_stream_max.
struct AppendTooManyStreamSeqs {};
using AppendOutcome =
    std::variant<Appended, AppendDuplicate, AlreadyClosed, AppendNotFound,
                 AppendStreamClosed, AppendContentTypeMismatch, AppendStaleEpoch,
                 AppendSequenceGap, AppendEpochMustStartAtZero, AppendSeqRegression,
                 AppendTooManyProducers, AppendTooManyStreamSeqs>;

// Order of checks: no stream; same tuple as the closing append; close-only on a
// closed stream; closed; content type (if there are bytes); producer (a
// duplicate ends here); Stream-Seq.
AppendOutcome decide_append(const StreamState* state, const AppendRequest& request,
                            const Moment& now);

// The unit for an Appended outcome. Moves the payload out of `request`.
Unit append_unit(AppendRequest& request, const Moment& now);

}  // namespace durable_streams::protocol
