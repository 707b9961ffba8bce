// One HTTP/1 connection: reads requests, hands them to a handler one at a time,
// sends the answers. See exchange.h for what handlers may do.
//
//   idle ─► head ─► body ─► handling ─► (parked) ─► idle …
//             │       │         └─► live ─┘
//             └───────┴─► refused: an answer, then lingering ─► closed
//   flushing: the answer is given, the socket has not taken all of it yet.
//   skipping: answered by accept_head(); the body is read and dropped.
//
// Pipelined requests wait in the input buffer or in the kernel.
//
// Memory: an idle or parked connection is this object alone (below 200 bytes).
// Threads: one. Lifetime: made and destroyed by its ConnectionSet; it outlives
// its socket while a handler owes an answer.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/timer_wheel.h"
#include "http/connection_set.h"
#include "http/exchange.h"
#include "http/output_queue.h"
#include "http/peer.h"
#include "http/poller.h"
#include "http/request_storage.h"
#include "http/session.h"
#include "http/socket.h"

namespace durable_streams::http {

class H1Session final : public Session,
                        private PollTarget,
                        private Timer,
                        private Exchange,
                        private LiveResponse {
 public:
  H1Session(ConnectionSet& set, Socket socket, const Peer& peer, Handler& handler);

  // Begins to serve. May end the session.
  void start();

  void drain() override;
  void drop() override;
  void run_deferred() override;

 private:
  enum class Phase : uint8_t {
    idle,
    head,
    body,
    handling,
    parked,
    live,
    flushing,
    skipping,
    lingering
  };
  class Busy;

  ~H1Session() override;

  // PollTarget, Timer.
  void ready(uint32_t events) noexcept override;
  void fire() noexcept override;

  // Exchange.
  Request& request() override;
  void respond(const ResponseHead& head, std::span<const SharedBytes> body) override;
  void park(ExchangeObserver& observer) override;
  LiveResponse& start_live(const ResponseHead& head,
                           ExchangeObserver& observer) override;
  bool draining() const override;

  // LiveResponse.
  void write(SharedBytes frame) override;
  bool writable() const override;
  void finish() override;

  // Reading. Each returns whether there is more to do at once.
  void advance();
  bool read_on();
  bool receive();
  bool parse();
  bool on_head();
  bool on_request();
  bool linger();
  bool is_reading() const;

  // Answering.
  void refuse(const Refusal& refusal);
  void begin_exchange();
  void wait_for_answer(Phase phase, ExchangeObserver& observer);
  void send_head(const ResponseHead& head, const H1Framing& framing,
                 std::span<const SharedBytes> body);
  void send_pieces(std::span<const OutputPiece> pieces);
  void flush();
  void end_exchange();
  void answer_sent();
  void tell_gone();

  // Ending.
  void close_politely();
  void lose();
  bool is_over() const { return !socket_.is_open() && !exchange_open_; }
  void destroy_if_over();

  void enter(Phase phase);
  void rest();
  int64_t phase_timeout_ms() const;

  ConnectionSet& set_;
  Handler& handler_;
  std::unique_ptr<RequestStorage> storage_;
  std::unique_ptr<OutputQueue> pending_;  // Null unless the socket is blocked.
  ExchangeObserver* observer_ = nullptr;  // While parked or live.
  int64_t phase_began_ms_;                // By the thread's timers.
  Socket socket_;
  const Peer peer_;
  Phase phase_ = Phase::idle;
  Phase armed_for_ = Phase::idle;  // The phase that the timer was scheduled in.

  bool busy_ : 1 = false;           // Inside ready(), fire() …: they clean up.
  bool readable_ : 1 = false;       // The kernel may have input.
  bool peer_closed_ : 1 = false;    // It has sent its last byte.
  bool needs_input_ : 1 = true;     // What was read is parsed as far as it goes.
  bool exchange_open_ : 1 = false;  // A handler owes an answer.
  bool told_gone_ : 1 = false;
  bool refused_ : 1 = false;  // The request's end is unknown or unread.
  bool skips_body_ : 1 = false;
  bool close_after_ : 1 = false;  // This answer is the connection's last.
  bool is_head_ : 1 = false;      // The request's method is HEAD.
  bool http11_ : 1 = true;
};

}  // namespace durable_streams::http
