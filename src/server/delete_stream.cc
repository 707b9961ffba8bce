// DELETE: removes a stream and all its data.
#include <utility>

#include "server/http_status.h"
#include "server/operations.h"
#include "server/request_body.h"
#include "streams/transactions.h"

namespace durable_streams::server {
namespace {

class DeleteExchange final : public streams::RemoveTransaction {
 public:
  explicit DeleteExchange(StreamRequest request)
      : RemoveTransaction(request.context.io.completions()),
        request_(std::move(request)) {}

  void settled() noexcept override {
    if (!streams::is_settled(receipt)) {
      respond_unsettled(request_.exchange, request_.fields, receipt);
    } else if (!removed()) {
      respond_error(request_.exchange, request_.fields, refusal(not_found));
    } else {
      request_.exchange.respond(request_.fields.head(204));
    }
    delete this;
  }

  const std::string& path() const { return request_.path; }

 private:
  StreamRequest request_;
};

}  // namespace

void delete_stream(StreamRequest request) {
  storage::Engine& engine = request.context.engine();
  auto* const exchange = new DeleteExchange(std::move(request));
  engine.transact(exchange->path(), *exchange);
}

}  // namespace durable_streams::server
