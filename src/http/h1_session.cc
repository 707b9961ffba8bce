#include "http/h1_session.h"

#include <utility>

#include "base/assert.h"
#include "base/limits.h"

namespace durable_streams::http {
namespace {

static_assert(sizeof(H1Session) <= 200, "an idle connection is this object alone");

// What one connection may do in its turn, then others get theirs: a megabyte of a
// body or so, or this many requests that were sent at once.
constexpr int receives_per_turn = 24;
constexpr int requests_per_turn = 32;

constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

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
  if ((events & ~EPOLLOUT) != 0) readable_ = true;
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
  int requests = 0;
  while (socket_.is_open()) {
    if (is_reading() ? !read_on() : phase_ != Phase::lingering || !linger()) return;
    const bool next_is_here = phase_ == Phase::idle && !needs_input_;
    if ((needs_input_ && ++receives > receives_per_turn) ||
        (next_is_here && ++requests > requests_per_turn)) {
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
