// The three ways of reading, behind GET (read_stream.cc), and what they share.
#pragma once

#include "protocol/read_request.h"
#include "server/operations.h"
#include "storage/engine.h"

namespace durable_streams::server {

// A GET whose stream was found and whose TTL is renewed.
struct ReadFrom {
  StreamRequest request;
  storage::StreamHandle stream;
  protocol::ReadRequest read;
  protocol::Offset from;  // `read.start`, with "now" resolved.
};

void read_catch_up(ReadFrom read);
void read_long_poll(ReadFrom read);
void read_sse(ReadFrom read);

// Answers a GET with one page: 200, or 304 if the client has it already.
// `cursor` is nullopt for catch-up reads.
void respond_page(http::Exchange& exchange, const AnswerFields& fields,
                  const storage::OpenStream& stream, const protocol::ReadRequest& read,
                  protocol::Offset from, const storage::Page& page,
                  std::optional<uint64_t> cursor, bool shared_cache);

// Whether the stream has passed its Expires-At: then a live read of it is over.
bool is_past(const ThreadContext& context, const storage::OpenStream& stream);

// How often a live read renews its stream's TTL and looks after itself: the
// keep-alive period, or half a shorter TTL (a stream with live readers does not
// expire, PROTOCOL.md §5.1).
int64_t live_tick_ms(const ServingLimits& limits, const protocol::StreamConfig& config);

}  // namespace durable_streams::server
