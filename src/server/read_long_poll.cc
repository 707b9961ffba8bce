// GET with `live=long-poll`: what is there, or the next to come
// (PROTOCOL.md §5.7).
#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "protocol/cursor.h"
#include "server/http_status.h"
#include "server/read_modes.h"
#include "streams/tail_watch.h"

namespace durable_streams::server {
namespace {

// One waiting request. Deletes itself when it has answered.
class LongPoll final : public streams::Waiter,
                       public Timer,
                       public http::ExchangeObserver,
                       public LiveReader {
 public:
  explicit LongPoll(ReadFrom read)
      : read_(std::move(read)),
        deadline_ms_(context().io.clock().steady_ms() +
                     context().shared.limits.long_poll_timeout_ms) {}

  // Answers at once if there is something, else waits.
  void start() {
    if (answer_if_moved()) return;
    read_.request.exchange.park(*this);
    context().live_readers.add(*this);
    context().tails.watch(read_.stream, *this);
    if (answer_if_moved()) return;  // It moved before the watch stood.
    schedule();
  }

 private:
  ThreadContext& context() const { return read_.request.context; }

  void tail_moved() noexcept override { answer_if_moved(); }

  void fire() noexcept override {
    if (context().io.clock().steady_ms() >= deadline_ms_) return answer_nothing_new();
    context().engine().renew(*read_.stream);
    schedule();
  }

  // Either way the wait is over.
  void client_gone() override { answer_nothing_new(); }
  void server_stopping() override { answer_nothing_new(); }
  void writable() override {}

  void schedule() {
    const int64_t left_ms = deadline_ms_ - context().io.clock().steady_ms();
    const int64_t tick_ms =
        live_tick_ms(context().shared.limits, read_.stream->config());
    context().io.timers().schedule(*this, std::min(left_ms, tick_ms));
  }

  // True if it answered; then *this is gone.
  bool answer_if_moved() {
    if (is_past(context(), *read_.stream)) {
      respond_error(read_.request.exchange, read_.request.fields, refusal(not_found));
      delete this;
      return true;
    }
    auto page =
        context().engine().read(*read_.stream, read_.from, limits::page_bytes_max);
    if (!page) {
      respond_error(read_.request.exchange, read_.request.fields,
                    refusal(status_of(page.error().code)));
    } else if (!page->chunks.empty()) {
      // Data that "now" could not know of is data like any other.
      read_.read.start = read_.from;
      respond_page(read_.request.exchange, read_.request.fields, *read_.stream,
                   read_.read, read_.from, *page, next_cursor(),
                   read_.request.grant.is_public());
    } else if (page->closed) {
      answer_end(*page);
    } else {
      return false;
    }
    delete this;
    return true;
  }

  void answer_end(const storage::Page& page) {
    http::ResponseHead head = read_.request.fields.head(204);
    head.add("stream-next-offset", page.next.to_string());
    head.add("stream-up-to-date", "true");
    head.add("stream-closed", "true");
    head.add("cache-control", "no-store");
    read_.request.exchange.respond(head);
  }

  void answer_nothing_new() {
    http::ResponseHead head = read_.request.fields.head(204);
    head.add("stream-next-offset", tail_offset().to_string());
    head.add("stream-up-to-date", "true");
    head.add("stream-cursor", next_cursor());
    head.add("cache-control", "no-store");
    read_.request.exchange.respond(head);
    delete this;
  }

  // A wait that ends without data ends where it began. From the very start of
  // an empty stream that is said with the stream's own id.
  protocol::Offset tail_offset() const {
    return read_.from.is_start() ? read_.stream->snapshot().tail : read_.from;
  }

  uint64_t next_cursor() const {
    return protocol::next_cursor(context().io.clock().wall_ms(), read_.read.cursor,
                                 context().random());
  }

  ReadFrom read_;
  const int64_t deadline_ms_;
};

}  // namespace

void read_long_poll(ReadFrom read) {
  (new LongPoll(std::move(read)))->start();
}

}  // namespace durable_streams::server
