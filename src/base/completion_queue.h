// Hands finished work back to the thread that asked for it.
//
// Every I/O thread owns one CompletionQueue. Another thread (the committer)
// posts intrusive completions; the first post after the queue was empty wakes
// the owner, so a batch of any size costs one wake-up.
//
// Threads: post() from any thread; drain() from the owner only.
// Lifetime: a posted Completion stays alive until its complete() ran; it may
// delete itself there. The queue outlives everybody who can post to it.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <utility>

namespace durable_streams {

class Completion;

// The queue's place in a completion. A base of its own, so that the queue is no
// friend of Completion (whose destructor is protected).
class CompletionLink {
 private:
  friend class CompletionQueue;
  Completion* next_completion_ = nullptr;
};

class Completion : public CompletionLink {
 public:
  // Runs on the owner's thread, once for each post().
  virtual void complete() noexcept = 0;

 protected:
  Completion() = default;
  ~Completion() = default;
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;
};

class CompletionQueue {
 public:
  // `wake` is called from the posting thread and must lead to drain() soon
  // (an eventfd write, say). It must not block.
  explicit CompletionQueue(std::function<void()> wake) : wake_(std::move(wake)) {}
  CompletionQueue(const CompletionQueue&) = delete;
  CompletionQueue& operator=(const CompletionQueue&) = delete;

  // Never blocks, never allocates. Completions run in the order of their posts.
  void post(Completion& completion) noexcept;

  // Posts a chain, linked by link(), as one: one wake-up at most.
  // `newest_first` is the head of a chain built by pushing in order.
  void post_chain(Completion& newest_first, Completion& oldest) noexcept;

  // For builders of chains: makes `older` follow `newer`.
  static void link(CompletionLink& newer, Completion& older) noexcept {
    newer.next_completion_ = &older;
  }

  // Runs what was posted, in order; returns how many ran.
  size_t drain() noexcept;

  // Whether nothing is posted at this moment. From any thread. Sequentially
  // consistent with post() and the wake function: an owner that announces its
  // sleep and then finds the queue empty is seen asleep by the next post().
  bool empty() const noexcept { return newest_.load() == nullptr; }

 private:
  std::function<void()> wake_;
  std::atomic<Completion*> newest_{nullptr};
};

}  // namespace durable_streams
