// One request and its answer: all that handlers know of a connection.
//
// Every exchange is answered exactly once, by respond() or by start_live() and
// LiveResponse::finish(). Until then the Exchange stays valid, even if the
// client has gone: an append whose client left is still carried out, and its
// respond() then goes nowhere. respond() and finish() end the Exchange: do not
// touch it afterwards.
//
// Threads: everything here happens on the connection's I/O thread.
#pragma once

#include <span>

#include "base/shared_bytes.h"
#include "http/request.h"
#include "http/response_head.h"

namespace durable_streams::http {

// Hears of what happens to an exchange that waits (park(), start_live()).
class ExchangeObserver {
 public:
  // The client has gone, or its connection is to be dropped. Answer soon
  // (respond() or finish(), with anything): that releases the exchange.
  // Not called once the exchange is answered.
  virtual void client_gone() = 0;

  // A live response that was not writable() has become so.
  virtual void writable() = 0;

 protected:
  ~ExchangeObserver() = default;
};

// An answer whose body is sent bit by bit (SSE).
class LiveResponse {
 public:
  // Sends `frame`; several readers can share one. Never blocks. If the socket
  // does not take it all the rest is kept, writable() is false until it is gone.
  // Calls while not writable() are queued; callers avoid them: a reader holds a
  // position, not a queue.
  virtual void write(SharedBytes frame) = 0;
  virtual bool writable() const = 0;

  // Ends the body (after what is still queued) and the exchange.
  virtual void finish() = 0;

 protected:
  ~LiveResponse() = default;
};

class Exchange {
 public:
  // Valid until park(), start_live() or respond().
  virtual Request& request() = 0;

  // Sends the whole answer. `body` is ignored for HEAD requests, but its size is
  // not: content-length is its size, unless the head says otherwise. Statuses
  // 204 and 304 have no body and no content-length.
  virtual void respond(const ResponseHead& head, std::span<const SharedBytes> body) = 0;
  void respond(const ResponseHead& head) { respond(head, {}); }

  // The answer will take a while (long-poll): gives the request's storage back
  // and watches for the client's leaving.
  virtual void park(ExchangeObserver& observer) = 0;

  // Sends `head` and keeps the answer open; also gives the storage back. The
  // returned object lives until finish().
  virtual LiveResponse& start_live(const ResponseHead& head,
                                   ExchangeObserver& observer) = 0;

  // The server is shutting down or the connection must end after this answer:
  // respond() adds "connection: close" by itself; live answers should finish.
  virtual bool draining() const = 0;

 protected:
  ~Exchange() = default;
};

// Takes requests. One object per I/O thread.
class Handler {
 public:
  virtual ~Handler() = default;

  // Asked when the header section is complete, before the body is read. A
  // handler that already knows its answer (401, 404, 413 …) responds and returns
  // false; the transport then skips or refuses the body.
  // request().body is empty here.
  virtual bool accept_head(Exchange& exchange) = 0;

  // The whole request is here.
  virtual void handle(Exchange& exchange) = 0;

  // The transport itself refuses a request (malformed, too large, too slow):
  // adds the fields and body that every error answer of this server has.
  // `code` is snake_case, `reason` a sentence. `request` has what was parsed so
  // far. Must call exchange.respond().
  virtual void refuse(Exchange& exchange, int status, std::string_view code,
                      std::string_view reason) = 0;
};

}  // namespace durable_streams::http
