#include "streams/tail_watch.h"

#include <utility>

#include "base/assert.h"

namespace durable_streams::streams {

void WaiterLink::insert_before(WaiterLink& other) noexcept {
  next = &other;
  previous = other.previous;
  previous->next = this;
  other.previous = this;
}

void WaiterLink::unlink() noexcept {
  next->previous = previous;
  previous->next = next;
  next = previous = this;
}

void Waiter::join(WatchedStream& watched) noexcept {
  DS_ASSERT(watched_ == nullptr);
  watched_ = &watched;
  watched.add(*this);
}

void Waiter::leave() noexcept {
  if (watched_ == nullptr) return;
  unlink();
  std::exchange(watched_, nullptr)->waiter_left();
}

WatchedStream::WatchedStream(TailWatch& owner, const storage::Engine& engine,
                             storage::StreamHandle stream)
    : owner_(owner), stream_(std::move(stream)), frames_(engine) {}

void WatchedStream::add(Waiter& waiter) noexcept {
  waiter.insert_before(waiters_);
}

void WatchedStream::waiter_left() noexcept {
  owner_.forget_if_idle(*this);
}

void WatchedStream::moved() noexcept {
  frames_.invalidate();
  // Those who join from now on look by themselves; they wait for the next move.
  while (!waiters_.alone()) {
    WaiterLink& waiter = *waiters_.next;
    waiter.unlink();
    waiter.insert_before(to_tell_);
  }
}

size_t WatchedStream::tell(size_t count) noexcept {
  size_t told = 0;
  for (; told < count && !to_tell_.alone(); ++told) {
    Waiter& waiter = static_cast<Waiter&>(*to_tell_.next);
    waiter.unlink();
    add(waiter);  // It goes on waiting unless it leaves.
    waiter.tail_moved();
  }
  return told;
}

TailWatch::TailWatch(storage::Engine& engine, CompletionQueue& home)
    : engine_(engine), home_(home), listener_(engine.add_listener(*this, home)) {}

void TailWatch::watch(const storage::StreamHandle& stream, Waiter& waiter) {
  std::unique_ptr<WatchedStream>& watched = watched_[stream.get()];
  if (watched == nullptr) {
    watched = std::make_unique<WatchedStream>(*this, engine_, stream);
    engine_.watch(stream, listener_);
  }
  waiter.join(*watched);
}

void TailWatch::tails_moved(std::span<const storage::StreamHandle> streams) noexcept {
  for (const storage::StreamHandle& stream : streams) {
    const auto found = watched_.find(stream.get());
    if (found == watched_.end()) continue;  // Its last waiter has left.
    WatchedStream& watched = *found->second;
    watched.moved();
    if (std::exchange(watched.due_, true)) continue;
    due_.push_back(&watched);
  }
  tell_soon();
}

void TailWatch::tell_soon() noexcept {
  if (due_.empty() || std::exchange(posted_, true)) return;
  home_.post(*this);
}

void TailWatch::complete() noexcept {
  posted_ = false;
  size_t left = slice_waiters;
  while (left > 0 && !due_.empty()) {
    WatchedStream& watched = *due_.front();
    const size_t told = watched.tell(left);
    if (told == left) break;  // Perhaps there are more.
    left -= told;
    due_.pop_front();
    watched.due_ = false;
    forget_if_idle(watched);
  }
  tell_soon();
}

void TailWatch::forget_if_idle(const WatchedStream& watched) noexcept {
  if (!watched.idle()) return;
  engine_.unwatch(*watched.stream(), listener_);
  watched_.erase(watched.stream().get());
}

}  // namespace durable_streams::streams
