// The operations on a stream, one file each. All take a request that was routed
// and allowed, and answer its exchange, at once or later.
#pragma once

#include <string>

#include "http/exchange.h"
#include "server/access.h"
#include "server/answer.h"
#include "server/context.h"

namespace durable_streams::server {

// A request to one stream, routed and allowed.
struct StreamRequest {
  ThreadContext& context;
  http::Exchange& exchange;
  AnswerFields fields;
  std::string path;  // The stream's name, percent-decoded once.
  Grant grant;
};

void create_stream(StreamRequest request);     // PUT,    PROTOCOL.md §5.1
void append_to_stream(StreamRequest request);  // POST,   §5.2, §5.3
void delete_stream(StreamRequest request);     // DELETE, §5.4
void head_stream(StreamRequest request);       // HEAD,   §5.5
void read_stream(StreamRequest request);       // GET,    §5.6–5.8

}  // namespace durable_streams::server
