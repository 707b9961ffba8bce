// Verbs for tests that drive an engine: each runs one transaction and waits for
// its end, on a home of the test's own.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "protocol/append.h"
#include "protocol/create.h"
#include "storage/engine.h"
#include "storage/errc.h"

namespace durable_streams::storage {

// The error's code; none for a value.
template <class T>
std::error_code error_of(const Result<T>& result) {
  return result ? std::error_code() : result.error().code;
}

// A home thread's queue, drained by whoever waits.
class Home {
 public:
  Home() : queue([this] { wake(); }) {}

  // Runs what was posted, until `done`. `pump` is called in between: what an
  // engine without threads needs to go on. Without it, waits to be woken.
  void run_until(const std::function<bool()>& done, const std::function<void()>& pump);

  CompletionQueue queue;

 private:
  void wake();

  std::mutex mutex_;
  std::condition_variable woken_;
  bool awake_ = false;
};

// A transaction that decides by a function and remembers its end.
class TestTransaction final : public Transaction {
 public:
  using Decide = std::function<Verdict(const protocol::StreamState*,
                                       const protocol::Moment&, protocol::Unit&)>;
  TestTransaction(CompletionQueue& home, Decide decide)
      : Transaction(home), decide_(std::move(decide)) {}

  Verdict decide(const protocol::StreamState* state,
                 const protocol::Moment& now) override {
    return decide_(state, now, unit_);
  }
  protocol::Unit& unit() override { return unit_; }
  void settled() noexcept override { is_settled = true; }

  bool is_settled = false;

 private:
  const Decide decide_;
  protocol::Unit unit_;
};
using Pending = std::shared_ptr<TestTransaction>;

// What an append can say besides its bytes.
struct AppendExtras {
  bool closes = false;
  std::optional<protocol::ProducerTuple> producer;
  std::optional<protocol::ScopedSeq> stream_seq;
  std::vector<uint32_t> boundaries;
};

class EngineDriver {
 public:
  EngineDriver(Engine& engine, std::function<void()> pump)
      : engine_(&engine), pump_(std::move(pump)) {}

  // Begin a transaction; settle() waits for its end.
  Pending begin_create(const std::string& path, protocol::StreamConfig config = {},
                       std::string initial = {});
  Pending begin_append(const std::string& path, std::string bytes,
                       AppendExtras extras = {});
  Pending begin_remove(const std::string& path);
  Pending begin_expire(const std::string& path);
  // Looks at the admitted state and changes nothing; `seen` is null or a copy of
  // its tail and closure, both outlive the transaction.
  Pending begin_look(const std::string& path, bool* exists = nullptr,
                     bool* closed = nullptr);
  Receipt settle(const Pending& pending);
  void settle_all();

  // Run to the end.
  Receipt create(const std::string& path, protocol::StreamConfig config = {},
                 std::string initial = {}) {
    return settle(begin_create(path, std::move(config), std::move(initial)));
  }
  Receipt append(const std::string& path, std::string bytes, AppendExtras extras = {}) {
    return settle(begin_append(path, std::move(bytes), std::move(extras)));
  }
  Receipt close(const std::string& path) { return append(path, "", {.closes = true}); }
  Receipt remove(const std::string& path) { return settle(begin_remove(path)); }

  // All durable bytes, read in pages of `page_bytes`; a sentence on an error.
  std::string read_all(const std::string& path, size_t page_bytes = 1 << 20);
  Result<Page> read(const std::string& path, protocol::Offset from,
                    size_t bytes_max = 1 << 20);
  Snapshot snapshot(const std::string& path);
  bool exists(const std::string& path) { return engine_->find(path) != nullptr; }

  Engine& engine() { return *engine_; }
  Home& home() { return home_; }
  void pump() {
    if (pump_) pump_();
  }

 private:
  Pending begin(const std::string& path, TestTransaction::Decide decide);
  Pending begin_ending(const std::string& path, protocol::Unit::Kind kind);

  Engine* engine_;
  std::function<void()> pump_;
  Home home_;
  std::vector<Pending> pending_;
};

}  // namespace durable_streams::storage
