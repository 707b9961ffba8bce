// Tells listeners which of the streams that they watch have moved.
//
// What moves between two visits of a listener's home thread reaches it as one
// batch, with one wake-up.
//
// Threads: add() before the first note(); all else from any thread.
// Lifetime: outlives every completion it posted, so destroy it after the homes
// have stopped draining.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "storage/engine.h"

namespace durable_streams::storage {

class TailListeners {
 public:
  static constexpr size_t listeners_max = 64;

  ListenerId add(TailListener& listener, CompletionQueue& home);

  // `stream` has moved; `listeners` has a bit for each that watches it. They
  // hear of it after wake().
  void note(uint64_t listeners, const StreamHandle& stream);

  // Wakes the `listeners` for which something was noted.
  void wake(uint64_t listeners);

 private:
  // One listener's streams that have moved since it last looked.
  class Mailbox final : public Completion {
   public:
    Mailbox(TailListener& listener, CompletionQueue& home)
        : listener_(listener), home_(home) {}
    void note(const StreamHandle& stream);
    void wake();

   private:
    void complete() noexcept override;

    TailListener& listener_;
    CompletionQueue& home_;
    std::vector<StreamHandle> told_;  // Home thread only: reused storage.
    std::mutex mutex_;
    std::vector<StreamHandle> moved_;  // Guarded by mutex_.
    bool posted_ = false;              // Guarded by mutex_.
  };

  template <class Visit>
  void for_each(uint64_t listeners, Visit visit);

  std::mutex add_mutex_;
  size_t count_ = 0;  // Guarded by add_mutex_.
  std::array<std::unique_ptr<Mailbox>, listeners_max> mailboxes_;
};

}  // namespace durable_streams::storage
