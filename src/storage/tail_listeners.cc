#include "storage/tail_listeners.h"

#include <bit>

#include "base/assert.h"

namespace durable_streams::storage {

ListenerId TailListeners::add(TailListener& listener, CompletionQueue& home) {
  const std::lock_guard lock(add_mutex_);
  DS_ASSERT(count_ < listeners_max);
  mailboxes_[count_] = std::make_unique<Mailbox>(listener, home);
  return static_cast<ListenerId>(count_++);
}

template <class Visit>
void TailListeners::for_each(uint64_t listeners, Visit visit) {
  for (; listeners != 0; listeners &= listeners - 1) {
    visit(*mailboxes_[static_cast<size_t>(std::countr_zero(listeners))]);
  }
}

void TailListeners::note(uint64_t listeners, const StreamHandle& stream) {
  for_each(listeners, [&](Mailbox& mailbox) { mailbox.note(stream); });
}

void TailListeners::wake(uint64_t listeners) {
  for_each(listeners, [](Mailbox& mailbox) { mailbox.wake(); });
}

void TailListeners::Mailbox::note(const StreamHandle& stream) {
  const std::lock_guard lock(mutex_);
  // A busy stream's changes come in a row.
  if (!moved_.empty() && moved_.back() == stream) return;
  moved_.push_back(stream);
}

void TailListeners::Mailbox::wake() {
  {
    const std::lock_guard lock(mutex_);
    if (posted_ || moved_.empty()) return;
    posted_ = true;
  }
  home_.post(*this);
}

void TailListeners::Mailbox::complete() noexcept {
  {
    const std::lock_guard lock(mutex_);
    told_.swap(moved_);
    posted_ = false;
  }
  listener_.tails_moved(told_);
  told_.clear();
}

}  // namespace durable_streams::storage
