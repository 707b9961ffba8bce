// The answering half of H1Session: exchanges, live answers, and what is sent.
#include <array>
#include <boost/container/small_vector.hpp>
#include <charconv>
#include <utility>

#include "base/assert.h"
#include "base/limits.h"
#include "http/h1_session.h"

namespace durable_streams::http {
namespace {

constexpr std::string_view last_chunk = "0\r\n\r\n";
constexpr std::string_view line_end = "\r\n";

bool has_no_body(int status) {
  return status == 204 || status == 304;
}

}  // namespace

void H1Session::begin_exchange() {
  const H1Parser& parser = storage_->parser();
  is_head_ = storage_->request().method == Method::head;
  http11_ = parser.is_http11();
  close_after_ = !parser.is_header_done() || !parser.keep_alive();
  told_gone_ = false;
  exchange_open_ = true;
}

void H1Session::refuse(const Refusal& refusal) {
  begin_exchange();
  close_after_ = refused_ = true;
  handler_.refuse(*this, refusal.status, refusal.code, refusal.reason);
  DS_ASSERT(!exchange_open_);
}

Request& H1Session::request() {
  DS_ASSERT(exchange_open_ && storage_ != nullptr && storage_->has_request());
  return storage_->request();
}

bool H1Session::draining() const {
  return set_.draining();
}

void H1Session::respond(const ResponseHead& head, std::span<const SharedBytes> body) {
  DS_ASSERT(exchange_open_ && phase_ != Phase::live);
  if (socket_.is_open()) {
    if (phase_ == Phase::head && !refused_ && storage_->parser().awaits_body()) {
      // Answered before the body came (accept_head).
      H1Parser& parser = storage_->parser();
      const auto length = parser.declared_body_bytes();
      if (!length || *length > limits::skipped_body_bytes_max ||
          parser.expects_continue()) {
        close_after_ = refused_ = true;
      } else {
        skips_body_ = true;
        parser.discard_body();
      }
    }
    close_after_ |= set_.draining();
    H1Framing framing;
    framing.close = close_after_;
    framing.say_keep_alive = !http11_ && !close_after_;
    framing.head_may_name_length = is_head_ || head.status() == 304;
    if (!has_no_body(head.status())) {
      size_t size = 0;
      for (const SharedBytes& piece : body)
        size += piece.size();
      framing.content_length = size;
    }
    const bool bodiless = is_head_ || has_no_body(head.status());
    send_head(head, framing, bodiless ? std::span<const SharedBytes>() : body);
  }
  end_exchange();
}

void H1Session::park(ExchangeObserver& observer) {
  wait_for_answer(Phase::parked, observer);
}

LiveResponse& H1Session::start_live(const ResponseHead& head,
                                    ExchangeObserver& observer) {
  wait_for_answer(Phase::live, observer);
  if (socket_.is_open()) {
    close_after_ |= !http11_;  // Without chunks only the connection's end ends it.
    H1Framing framing;
    framing.chunked = http11_;
    framing.close = close_after_;
    send_head(head, framing, {});
  }
  return *this;
}

void H1Session::wait_for_answer(Phase phase, ExchangeObserver& observer) {
  DS_ASSERT(exchange_open_ && phase_ == Phase::handling);
  phase_ = phase;
  observer_ = &observer;
  // Pipelined bytes are the one reason to keep the storage.
  if (storage_ && !storage_->end_request())
    set_.storages().give_back(std::move(storage_));
  if (peer_closed_ || !socket_.is_open()) set_.defer(*this);
}

bool H1Session::writable() const {
  return pending_ == nullptr;
}

void H1Session::write(SharedBytes frame) {
  DS_ASSERT(exchange_open_ && phase_ == Phase::live);
  if (!socket_.is_open() || is_head_ || frame.empty()) return;
  if (!http11_) {
    const OutputPiece piece{frame.view(), &frame};
    send_pieces({&piece, 1});
    return;
  }
  std::array<char, 18> size_line;
  char* end =
      std::to_chars(size_line.data(), size_line.data() + 16, frame.size(), 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  static const SharedBytes crlf = SharedBytes::literal(line_end);
  const std::array<OutputPiece, 3> pieces = {{
      {{size_line.data(), static_cast<size_t>(end - size_line.data())}},
      {frame.view(), &frame},
      {line_end, &crlf},
  }};
  send_pieces(pieces);
}

void H1Session::finish() {
  DS_ASSERT(exchange_open_ && phase_ == Phase::live);
  if (socket_.is_open() && http11_ && !is_head_) {
    static const SharedBytes end = SharedBytes::literal(last_chunk);
    const OutputPiece piece{last_chunk, &end};
    send_pieces({&piece, 1});
  }
  close_after_ |= set_.draining();
  end_exchange();
}

void H1Session::send_head(const ResponseHead& head, const H1Framing& framing,
                          std::span<const SharedBytes> body) {
  boost::container::small_vector<OutputPiece, 8> pieces;
  pieces.push_back({set_.head_writer().write(head, framing)});
  for (const SharedBytes& piece : body) {
    if (!piece.empty()) pieces.push_back({piece.view(), &piece});
  }
  send_pieces({pieces.data(), pieces.size()});
}

void H1Session::send_pieces(std::span<const OutputPiece> pieces) {
  if (pending_) {
    pending_->push_rest(pieces, 0);
    return;
  }
  const Transfer transfer = send_now(socket_, pieces);
  switch (transfer.status) {
    case Transfer::Status::done:
      return;
    case Transfer::Status::would_block:
      pending_ = std::make_unique<OutputQueue>();
      pending_->push_rest(pieces, transfer.bytes);
      set_.io().poller().want_writable(socket_.descriptor(), *this, true);
      if (phase_ == Phase::live) {
        enter(Phase::live);
        rest();
      }
      return;
    default:
      lose();
  }
}

void H1Session::flush() {
  const Transfer transfer = pending_->send(socket_);
  if (transfer.status == Transfer::Status::failed) {
    lose();
    return;
  }
  phase_began_ms_ = set_.io().timers().now_ms();  // The client takes bytes.
  if (transfer.status == Transfer::Status::would_block) return;
  pending_.reset();
  set_.io().poller().want_writable(socket_.descriptor(), *this, false);
  if (phase_ == Phase::flushing) {
    answer_sent();
  } else if (observer_ != nullptr) {
    observer_->writable();
  }
}

// The handler is done with the exchange; its answer is sent, or waits in
// pending_, or the socket is gone.
void H1Session::end_exchange() {
  exchange_open_ = false;
  observer_ = nullptr;
  if (pending_) {
    enter(Phase::flushing);
    rest();
  } else if (socket_.is_open()) {
    answer_sent();
  }
  destroy_if_over();
}

void H1Session::answer_sent() {
  if (close_after_) {
    close_politely();
    return;
  }
  if (skips_body_) {
    enter(Phase::skipping);
    return;
  }
  needs_input_ = !(storage_ && storage_->end_request());
  enter(Phase::idle);
  if (busy_) return;  // advance() goes on.
  // From a handler's stack: the next request must not be handed over from here.
  if (!needs_input_ || readable_) {
    set_.defer(*this);
  } else {
    rest();
  }
}

void H1Session::tell_gone() {
  if (observer_ == nullptr || told_gone_) return;
  told_gone_ = true;
  observer_->client_gone();
}

}  // namespace durable_streams::http
