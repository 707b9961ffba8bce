// The whole pipeline of a request, in one place: route, method, permission,
// operation. One Api per I/O thread.
#pragma once

#include <optional>

#include "http/exchange.h"
#include "server/context.h"
#include "server/operations.h"

namespace durable_streams::server {

class Api final : public http::Handler {
 public:
  // `context` outlives the Api.
  explicit Api(ThreadContext& context) : context_(context) {}

  bool accept_head(http::Exchange& exchange) override;
  void handle(http::Exchange& exchange) override;
  void refuse(http::Exchange& exchange, int status, std::string_view code,
              std::string_view reason) override;

 private:
  struct Operation;

  // A request that may go on once its body is there.
  struct Accepted {
    const Operation* operation;
    StreamRequest request;
  };

  // The operation and stream that a request means and may have; nullopt if it
  // was answered otherwise.
  std::optional<StreamRequest> admit(http::Exchange& exchange,
                                     const Operation*& operation);

  ThreadContext& context_;

  // By the last accept_head(), for the handle() that mostly follows at once; if
  // another head came between, the request is looked at again.
  std::optional<Accepted> accepted_;
};

}  // namespace durable_streams::server
