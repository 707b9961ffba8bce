#include "server/find_stream.h"

#include <utility>

#include "server/http_status.h"
#include "server/request_body.h"
#include "streams/transactions.h"

namespace durable_streams::server {
namespace {

class ExpireFirst final : public streams::ExpireTransaction {
 public:
  ExpireFirst(StreamRequest request, void (*again)(StreamRequest))
      : ExpireTransaction(request.context.io.completions()),
        request_(std::move(request)),
        again_(again) {}

  void settled() noexcept override {
    if (!streams::is_settled(receipt)) {
      respond_unsettled(request_.exchange, request_.fields, receipt);
    } else if (gone()) {
      respond_error(request_.exchange, request_.fields, refusal(not_found));
    } else {
      again_(std::move(request_));
    }
    delete this;
  }

 private:
  StreamRequest request_;
  void (*again_)(StreamRequest);
};

}  // namespace

storage::StreamHandle find_stream(StreamRequest& request,
                                  void (*again)(StreamRequest)) {
  storage::Engine& engine = request.context.engine();
  storage::StreamHandle stream = engine.find(request.path);
  if (stream == nullptr || !stream->snapshot().exists) {
    respond_error(request.exchange, request.fields, refusal(not_found));
    return nullptr;
  }
  if (protocol::is_expired(stream->config(), stream->snapshot().active_ms,
                           engine.now())) {
    const std::string path = request.path;
    engine.transact(path, *new ExpireFirst(std::move(request), again));
    return nullptr;
  }
  return stream;
}

}  // namespace durable_streams::server
