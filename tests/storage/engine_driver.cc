#include "engine_driver.h"

#include <algorithm>

namespace durable_streams::storage {

using protocol::Moment;
using protocol::StreamState;
using protocol::Unit;
using Verdict = Transaction::Verdict;

void Home::wake() {
  const std::lock_guard lock(mutex_);
  awake_ = true;
  woken_.notify_one();
}

void Home::run_until(const std::function<bool()>& done,
                     const std::function<void()>& pump) {
  for (;;) {
    if (pump) pump();
    queue.drain();
    if (done()) return;
    if (pump) continue;
    std::unique_lock lock(mutex_);
    woken_.wait(lock, [this] { return awake_; });
    awake_ = false;
  }
}

Pending EngineDriver::begin(const std::string& path, TestTransaction::Decide decide) {
  auto transaction = std::make_shared<TestTransaction>(home_.queue, std::move(decide));
  engine_->transact(path, *transaction);
  pending_.push_back(transaction);
  return transaction;
}

Pending EngineDriver::begin_create(const std::string& path,
                                   protocol::StreamConfig config, std::string initial) {
  auto shared = protocol::share_config(std::move(config));
  return begin(
      path, [shared, initial](const StreamState* state, const Moment& now, Unit& unit) {
        if (state != nullptr && !protocol::is_expired(*state, now))
          return Verdict::no_change;
        unit.kind = Unit::Kind::create;
        unit.config = shared;
        unit.payload.bytes = initial;
        return Verdict::commit;
      });
}

Pending EngineDriver::begin_append(const std::string& path, std::string bytes,
                                   AppendExtras extras) {
  return begin(
      path, [bytes, extras](const StreamState* state, const Moment& now, Unit& unit) {
        if (state == nullptr) return Verdict::no_change;
        protocol::AppendRequest request;
        request.content_type = state->config->content_type;
        request.payload = {bytes, extras.boundaries};
        request.closes = extras.closes;
        request.producer = extras.producer;
        request.stream_seq = extras.stream_seq;
        if (!std::holds_alternative<protocol::Appended>(
                protocol::decide_append(state, request, now))) {
          return Verdict::no_change;
        }
        unit = protocol::append_unit(request, now);
        return Verdict::commit;
      });
}

Pending EngineDriver::begin_ending(const std::string& path, Unit::Kind kind) {
  return begin(path, [kind](const StreamState* state, const Moment&, Unit& unit) {
    unit.kind = kind;
    return state == nullptr ? Verdict::no_change : Verdict::commit;
  });
}

Pending EngineDriver::begin_remove(const std::string& path) {
  return begin_ending(path, Unit::Kind::remove);
}

Pending EngineDriver::begin_expire(const std::string& path) {
  return begin_ending(path, Unit::Kind::expire);
}

Pending EngineDriver::begin_look(const std::string& path, bool* exists, bool* closed) {
  return begin(path, [=](const StreamState* state, const Moment&, Unit&) {
    if (exists != nullptr) *exists = state != nullptr;
    if (closed != nullptr) *closed = state != nullptr && state->closed;
    return Verdict::no_change;
  });
}

Receipt EngineDriver::settle(const Pending& pending) {
  home_.run_until([&] { return pending->is_settled; }, pump_);
  std::erase(pending_, pending);
  return pending->receipt;
}

void EngineDriver::settle_all() {
  while (!pending_.empty())
    settle(Pending(pending_.front()));
}

Result<Page> EngineDriver::read(const std::string& path, protocol::Offset from,
                                size_t bytes_max) {
  const StreamHandle stream = engine_->find(path);
  if (!stream) return fail(Errc::not_found);
  return engine_->read(*stream, from, bytes_max);
}

std::string EngineDriver::read_all(const std::string& path, size_t page_bytes) {
  std::string all;
  for (protocol::Offset from;;) {
    const auto page = read(path, from, page_bytes);
    if (!page) return "error: " + page.error().message();
    for (const SharedBytes& chunk : page->chunks)
      all += chunk.view();
    if (page->at_tail) return all;
    if (page->chunks.empty()) return "error: an empty page before the tail";
    from = page->next;
  }
}

Snapshot EngineDriver::snapshot(const std::string& path) {
  const StreamHandle stream = engine_->find(path);
  return stream ? stream->snapshot() : Snapshot{};
}

}  // namespace durable_streams::storage
