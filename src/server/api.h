// The whole pipeline of a request, in one place: route, method, permission,
// operation. One Api per I/O thread.
#pragma once

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

  // The operation and stream that a request means and may have; nullopt if it
  // was answered otherwise.
  std::optional<StreamRequest> admit(http::Exchange& exchange,
                                     const Operation*& operation);

  ThreadContext& context_;
};

}  // namespace durable_streams::server
