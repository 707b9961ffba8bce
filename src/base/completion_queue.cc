#include "base/completion_queue.h"

namespace durable_streams {

void CompletionQueue::post(Completion& completion) noexcept {
  post_chain(completion, completion);
}

void CompletionQueue::post_chain(Completion& newest_first,
                                 Completion& oldest) noexcept {
  Completion* before = newest_.load(std::memory_order_relaxed);
  do {
    oldest.next_completion_ = before;
  } while (!newest_.compare_exchange_weak(
      before, &newest_first, std::memory_order_seq_cst, std::memory_order_relaxed));
  if (before == nullptr) wake_();
}

size_t CompletionQueue::drain() noexcept {
  Completion* newest = newest_.exchange(nullptr, std::memory_order_acq_rel);
  Completion* oldest = nullptr;
  while (newest != nullptr) {
    Completion* const next = newest->next_completion_;
    newest->next_completion_ = oldest;
    oldest = newest;
    newest = next;
  }
  size_t ran = 0;
  while (oldest != nullptr) {
    Completion* const next = oldest->next_completion_;  // It may delete itself.
    oldest->complete();
    oldest = next;
    ++ran;
  }
  return ran;
}

}  // namespace durable_streams
