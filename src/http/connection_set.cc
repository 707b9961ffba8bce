#include "http/connection_set.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "http/h1_session.h"

namespace durable_streams::http {

ConnectionSet::ConnectionSet(IoThread& io, const ConnectionOptions& options)
    : io_(io), options_(options), head_writer_(io.clock(), io.timers()) {
  DS_ASSERT(options.parser.header_bytes_max <= limits::header_bytes_max);
}

ConnectionSet::~ConnectionSet() {
  draining_ = false;  // Nobody waits for the end any more.
  while (first_ != nullptr)
    destroy(*first_);
}

void ConnectionSet::adopt(Socket socket, const Peer& peer, Handler& handler) {
  auto* const session = new H1Session(*this, std::move(socket), peer, handler);
  session->next_session_ = first_;
  if (first_ != nullptr) first_->previous_session_ = session;
  first_ = session;
  session->start();
}

void ConnectionSet::destroy(Session& session) {
  (session.previous_session_ == nullptr ? first_
                                        : session.previous_session_->next_session_) =
      session.next_session_;
  if (session.next_session_ != nullptr) {
    session.next_session_->previous_session_ = session.previous_session_;
  }
  if (session.deferred_) {
    std::replace(deferred_.begin(), deferred_.end(), &session,
                 static_cast<Session*>(nullptr));
  }
  std::replace(running_.begin(), running_.end(), &session,
               static_cast<Session*>(nullptr));
  delete &session;
  size_.fetch_sub(1, std::memory_order_relaxed);
  report_if_empty();
}

void ConnectionSet::defer(Session& session) {
  if (session.deferred_) return;
  session.deferred_ = true;
  deferred_.push_back(&session);
  if (!std::exchange(deferral_posted_, true)) io_.completions().post(*this);
}

void ConnectionSet::complete() noexcept {
  deferral_posted_ = false;
  running_.swap(deferred_);
  for (size_t i = 0; i < running_.size(); ++i) {
    Session* const session = running_[i];
    if (session == nullptr) continue;
    session->deferred_ = false;
    session->run_deferred();
  }
  running_.clear();
}

// An action may end the session that it is for, and no other.
void ConnectionSet::for_each(void (Session::*action)()) {
  for (Session* session = first_; session != nullptr;) {
    Session* const next = session->next_session_;
    (session->*action)();
    session = next;
  }
}

void ConnectionSet::drain(std::function<void()> when_empty) {
  draining_ = true;
  when_empty_ = std::move(when_empty);
  for_each(&Session::drain);
  report_if_empty();
}

void ConnectionSet::drop() {
  draining_ = true;
  for_each(&Session::drop);
}

void ConnectionSet::report_if_empty() {
  if (draining_ && size() == 0 && when_empty_) std::exchange(when_empty_, nullptr)();
}

}  // namespace durable_streams::http
