#include "http/h1_session.h"

#include <array>
#include <boost/container/small_vector.hpp>
#include <charconv>
#include <utility>

#include "base/assert.h"
#include "base/limits.h"

namespace durable_streams::http {
namespace {

static_assert(sizeof(H1Session) <= 200, "an idle connection is this object alone");

// Receives of one turn; then other connections get theirs. A megabyte or so.
constexpr int receives_per_turn = 24;

constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view last_chunk = "0\r\n\r\n";
constexpr std::string_view line_end = "\r\n";

bool has_no_body(int status) {
  return status == 204 || status == 304;
}

}  // namespace

// While one lives nothing below it on the stack frees the session; its end does,
// if the session is over by then.
class H1Session::Busy {
 public:
  explicit Busy(H1Session& session) : session_(session), was_busy_(session.busy_) {
    session.busy_ = true;
  }
  ~Busy() {
    session_.busy_ = was_busy_;
    session_.destroy_if_over();
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  H1Session& session_;
  const bool was_busy_;
};

H1Session::H1Session(ConnectionSet& set, Socket socket, const Peer& peer,
                     Handler& handler)
    : set_(set),
      handler_(handler),
      phase_began_ms_(set.io().timers().now_ms()),
      socket_(std::move(socket)),
      peer_(peer) {}

H1Session::~H1Session() {
  if (socket_.is_open()) set_.io().poller().remove(socket_.descriptor(), *this);
  if (storage_) set_.storages().give_back(std::move(storage_));
}

void H1Session::start() {
  Busy busy(*this);
  // No request was sent yet: no time to think, as between requests.
  armed_for_ = Phase::head;
  set_.io().timers().schedule(*this, set_.options().header_timeout_ms);
  if (set_.draining() || !set_.io().poller().add(socket_.descriptor(), *this))
    socket_.close();
}

// --- Events ---------------------------------------------------------------

void H1Session::ready(uint32_t events) noexcept {
  Busy busy(*this);
  readable_ = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) peer_closed_ = true;
  if ((events & (EPOLLHUP | EPOLLERR)) != 0 && !is_reading()) {
    lose();  // Nobody can read an answer any more.
    tell_gone();
    return;
  }
  if (pending_ && (events & EPOLLOUT) != 0) flush();
  if (peer_closed_) tell_gone();
  advance();
}

void H1Session::run_deferred() {
  Busy busy(*this);
  if (peer_closed_ || !socket_.is_open()) tell_gone();
  advance();
}

void H1Session::fire() noexcept {
  Busy busy(*this);
  const int64_t timeout_ms = phase_timeout_ms();
  if (timeout_ms < 0) return;
  TimerWheel& timers = set_.io().timers();
  const int64_t left_ms = phase_began_ms_ + timeout_ms - timers.now_ms();
  if (left_ms > 0) {
    timers.schedule(*this, left_ms);
    return;
  }
  switch (phase_) {
    case Phase::head:
    case Phase::body:
      refuse({408, "request_timeout", "The request took too long to arrive."});
      break;
    default:
      lose();
  }
  advance();
}

void H1Session::drain() {
  Busy busy(*this);
  if (phase_ == Phase::idle && !(storage_ && storage_->has_input())) lose();
}

void H1Session::drop() {
  Busy busy(*this);
  lose();
}

// --- Reading --------------------------------------------------------------

bool H1Session::is_reading() const {
  return phase_ == Phase::idle || phase_ == Phase::head || phase_ == Phase::body ||
         phase_ == Phase::skipping;
}

void H1Session::advance() {
  int receives = 0;
  while (socket_.is_open()) {
    if (is_reading() ? !read_on() : phase_ != Phase::lingering || !linger()) return;
    if (needs_input_ && ++receives > receives_per_turn) {
      set_.defer(*this);
      return;
    }
  }
}

bool H1Session::read_on() {
  if (!needs_input_) return parse();
  if (readable_) return receive();
  rest();
  return false;
}

bool H1Session::receive() {
  if (!storage_) storage_ = set_.storages().take();
  const std::span<char> space = storage_->free_space();
  if (space.empty()) {
    refuse({400, "malformed_request", "A line of the request does not end."});
    return true;
  }
  const Transfer transfer = socket_.receive(space);
  switch (transfer.status) {
    case Transfer::Status::done:
      storage_->received(transfer.bytes);
      needs_input_ = false;
      // What comes later is announced anew; the end of the stream was already.
      if (transfer.bytes < space.size() && !peer_closed_) readable_ = false;
      return true;
    case Transfer::Status::would_block:
      readable_ = false;
      return true;
    case Transfer::Status::ended:
    case Transfer::Status::failed:
      lose();
      return false;
  }
  return false;
}

bool H1Session::parse() {
  if (phase_ == Phase::idle) {
    if (!storage_->skip_empty_lines()) {
      needs_input_ = true;
      return true;
    }
    storage_->begin_request(set_.options().parser, peer_);
    enter(Phase::head);
  }
  switch (storage_->parse()) {
    case H1Parser::Step::need_more:
      needs_input_ = true;
      return true;
    case H1Parser::Step::head_done:
      return on_head();
    case H1Parser::Step::body_done:
      return on_request();
    case H1Parser::Step::refused:
      refuse(storage_->parser().refusal());
      return true;
  }
  return false;
}

bool H1Session::on_head() {
  H1Parser& parser = storage_->parser();
  begin_exchange();
  if (!handler_.accept_head(*this)) {
    DS_ASSERT(!exchange_open_);
    return true;
  }
  DS_ASSERT(exchange_open_);
  exchange_open_ = false;  // Nothing is owed until the body is here.
  enter(Phase::body);
  if (parser.awaits_body() && parser.expects_continue() && !storage_->has_input()) {
    const OutputPiece piece{continue_line};
    send_pieces({&piece, 1});
  }
  return true;
}

bool H1Session::on_request() {
  if (phase_ == Phase::skipping) {
    skips_body_ = false;
    answer_sent();
    return true;
  }
  phase_ = Phase::handling;
  exchange_open_ = true;
  handler_.handle(*this);
  return true;
}

bool H1Session::linger() {
  if (!readable_) {
    rest();
    return false;
  }
  needs_input_ = true;
  const Transfer transfer = socket_.receive(set_.scratch());
  if (transfer.status == Transfer::Status::would_block) readable_ = false;
  if (transfer.status == Transfer::Status::ended ||
      transfer.status == Transfer::Status::failed) {
    lose();
  }
  return true;
}

// --- Answering ------------------------------------------------------------

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
      const auto length = parser.content_length();
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

// --- Ending ---------------------------------------------------------------

// Closing with input unread would reset the connection, and could take the
// answer from the client. So, unless its end was seen: end our half, read on
// for a while.
void H1Session::close_politely() {
  const bool unread = refused_ || readable_ || (storage_ && storage_->has_input());
  if (!unread) {
    lose();
    return;
  }
  socket_.shutdown_send();
  if (storage_) set_.storages().give_back(std::move(storage_));
  enter(Phase::lingering);
  readable_ = true;
  needs_input_ = true;
  if (!busy_) set_.defer(*this);
}

void H1Session::lose() {
  // Who called frees the session, if it is over now: Busy, or end_exchange().
  if (!socket_.is_open()) return;
  set_.io().poller().remove(socket_.descriptor(), *this);
  socket_.close();
  pending_.reset();
  // A handler may still look at its request.
  if (storage_ && !exchange_open_) set_.storages().give_back(std::move(storage_));
  if (observer_ != nullptr) set_.defer(*this);  // tell_gone(), from no handler's stack.
}

void H1Session::destroy_if_over() {
  if (!busy_ && is_over()) set_.destroy(*this);
}

// --- Time -----------------------------------------------------------------

void H1Session::enter(Phase phase) {
  phase_ = phase;
  phase_began_ms_ = set_.io().timers().now_ms();
}

// Milliseconds that the phase may last; negative: as long as it takes.
int64_t H1Session::phase_timeout_ms() const {
  const ConnectionOptions& options = set_.options();
  switch (phase_) {
    case Phase::idle:
      return armed_for_ == Phase::idle ? options.idle_timeout_ms
                                       : options.header_timeout_ms;
    case Phase::head:
      return options.header_timeout_ms;
    case Phase::body:
    case Phase::skipping:
      return options.body_timeout_ms;
    case Phase::live:
      return pending_ ? options.write_timeout_ms : -1;
    case Phase::flushing:
      return options.write_timeout_ms;
    case Phase::lingering:
      return options.linger_timeout_ms;
    case Phase::handling:
    case Phase::parked:
      return -1;
  }
  return -1;
}

// Nothing to do until an event: gives back what an idle connection needs not,
// and sees to it that the phase's timeout fires. A timer once scheduled stays
// where it is for later phases of the same kind; fire() looks at the time that
// is left.
void H1Session::rest() {
  if (phase_ == Phase::idle && storage_ && !storage_->has_input()) {
    set_.storages().give_back(std::move(storage_));
  }
  if (armed_for_ == phase_ && is_scheduled()) return;
  const int64_t timeout_ms = phase_timeout_ms();
  if (timeout_ms < 0) return;
  set_.io().timers().schedule(*this, timeout_ms);
  armed_for_ = phase_;
}

}  // namespace durable_streams::http
