// GET with `live=sse`: everything from an offset on, as it comes
// (PROTOCOL.md §5.8).
#include <algorithm>
#include <limits>
#include <utility>

#include "protocol/cursor.h"
#include "protocol/sse_encoder.h"
#include "server/http_status.h"
#include "server/read_modes.h"
#include "streams/tail_watch.h"

namespace durable_streams::server {
namespace {

// One live reader: a position in a stream and a socket to bring it to. Kept
// small; there may be thousands. Deletes itself when it has finished.
class SseReader final : public streams::Waiter,
                        public Timer,
                        public http::ExchangeObserver,
                        public LiveReader {
 public:
  SseReader(ThreadContext& context, storage::StreamHandle stream, protocol::Offset from,
            uint64_t cursor_floor, int64_t end_ms)
      : context_(context),
        stream_(std::move(stream)),
        position_(from),
        cursor_floor_(cursor_floor),
        end_ms_(end_ms) {}

  // A position that cannot be read is refused; else the answer begins with the
  // first frame, which tells where the reader is even if there is no data.
  void start(http::Exchange& exchange, const AnswerFields& fields) {
    context_.tails.watch(stream_, *this);
    auto first = watched()->frames().frame_after(*stream_, position_, cursor(), true);
    if (!first) {
      respond_error(exchange, fields, refusal(status_of(first.error().code)));
      delete this;
      return;
    }
    response_ = &exchange.start_live(head(fields), *this);
    context_.live_readers.add(*this);
    if (send(*first) && (first->at_tail || deliver())) schedule();
  }

 private:
  void tail_moved() noexcept override {
    if (response_->writable()) deliver();
  }

  // The socket has taken everything: go on from where the reader is.
  void writable() override { deliver(); }

  void client_gone() override { finish(); }
  void server_stopping() override { finish(); }

  void fire() noexcept override {
    if (context_.io.clock().steady_ms() >= end_ms_) return finish();
    context_.engine().renew(*stream_);
    if (response_->writable()) {
      // Wake-ups are hints: a lost one costs a keep-alive period, no data.
      if (!deliver()) return;
      response_->write(SharedBytes::literal(protocol::sse_keep_alive));
    }
    schedule();
  }

  void schedule() {
    const int64_t left_ms = end_ms_ - context_.io.clock().steady_ms();
    const int64_t tick_ms = live_tick_ms(context_.shared.limits, stream_->config());
    context_.io.timers().schedule(*this, std::min(left_ms, tick_ms));
  }

  // Sends what is new, page by page while the socket takes it. False if the
  // reader has finished and is gone.
  bool deliver() {
    if (is_past(context_, *stream_)) {
      finish();
      return false;
    }
    while (response_->writable()) {
      auto frame =
          watched()->frames().frame_after(*stream_, position_, cursor(), false);
      if (!frame) {  // Deleted, or its range is damaged: the reader learns why at
        finish();    // its next request.
        return false;
      }
      if (frame->bytes.empty()) return true;
      if (!send(*frame)) return false;
      if (frame->at_tail) return true;
    }
    return true;
  }

  // False if that was the last frame of all, and the reader is gone.
  bool send(streams::Frame& frame) {
    response_->write(std::move(frame.bytes));
    position_ = frame.next;
    if (frame.closed) finish();
    return !frame.closed;
  }

  http::ResponseHead head(const AnswerFields& fields) const {
    http::ResponseHead head = fields.head(200);
    head.add("content-type", "text/event-stream");
    head.add("cache-control", "no-cache");
    head.add("x-accel-buffering", "no");
    const auto framing = protocol::framing_of(stream_->config().content_type);
    if (framing == protocol::Framing::binary) {
      head.add("stream-sse-data-encoding", "base64");
    }
    return head;
  }

  // The interval's number, or what stands above the cursor that the client came
  // with. Few different values, so that readers share frames.
  uint64_t cursor() const {
    return std::max(cursor_floor_,
                    protocol::next_cursor(context_.io.clock().wall_ms(), {}, 0));
  }

  void finish() {
    response_->finish();
    delete this;
  }

  ThreadContext& context_;
  storage::StreamHandle stream_;
  http::LiveResponse* response_ = nullptr;
  protocol::Offset position_;
  const uint64_t cursor_floor_;
  const int64_t end_ms_;  // Steady time.
};

// When this reader is to reconnect: after the lifetime, give or take a tenth so
// that readers don't return as a herd, or when its token ends.
int64_t end_of_life_ms(ThreadContext& context, const Grant& grant) {
  const int64_t lifetime_ms = context.shared.limits.sse_lifetime_ms;
  std::uniform_int_distribution<int64_t> jitter(-lifetime_ms / 10, lifetime_ms / 10);
  int64_t left_ms = lifetime_ms + jitter(context.random);
  if (grant.expires_at_ms) {
    left_ms = std::min(left_ms, *grant.expires_at_ms - context.io.clock().wall_ms());
  }
  return context.io.clock().steady_ms() + left_ms;
}

}  // namespace

void read_sse(ReadFrom read) {
  ThreadContext& context = read.request.context;
  // All who come with one cursor within one interval get the same floor.
  const int64_t wall_ms = context.io.clock().wall_ms();
  const auto interval = static_cast<uint64_t>(wall_ms / protocol::cursor_interval_ms);
  const uint64_t floor =
      read.read.cursor.empty()
          ? 0
          : protocol::next_cursor(wall_ms, read.read.cursor, interval * 2'654'435'761u);
  auto* reader = new SseReader(context, std::move(read.stream), read.from, floor,
                               end_of_life_ms(context, read.request.grant));
  reader->start(read.request.exchange, read.request.fields);
}

}  // namespace durable_streams::server
