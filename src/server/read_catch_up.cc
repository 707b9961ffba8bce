// GET without `live`: what is there, a page at a time (PROTOCOL.md §5.6).
#include <utility>

#include "base/limits.h"
#include "server/http_status.h"
#include "server/read_modes.h"

namespace durable_streams::server {
namespace {

// `offset=now` answers with the place, never with data.
storage::Page empty_page_at_tail(const storage::OpenStream& stream) {
  const storage::Snapshot snapshot = stream.snapshot();
  storage::Page page;
  page.next = snapshot.tail;
  page.at_tail = true;
  page.closed = snapshot.closed;
  page.stream_id = snapshot.stream_id;
  return page;
}

}  // namespace

void read_catch_up(ReadFrom read) {
  const bool from_now = std::holds_alternative<protocol::FromNow>(read.read.start);
  Result<storage::Page> page =
      from_now ? empty_page_at_tail(*read.stream)
               : read.request.context.engine().read(*read.stream, read.from,
                                                    limits::page_bytes_max);
  if (!page) {
    return respond_error(read.request.exchange, read.request.fields,
                         refusal(status_of(page.error().code)));
  }
  respond_page(read.request.exchange, read.request.fields, *read.stream, read.read,
               read.from, *page, std::nullopt, read.request.grant.is_public());
}

}  // namespace durable_streams::server
