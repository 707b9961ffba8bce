#include "streams/expiry_sweep.h"

#include "streams/transactions.h"

namespace durable_streams::streams {

// One that is refused (the disk is full) is found again by the next walk.
class ExpirySweep::Ending final : public ExpireTransaction {
 public:
  explicit Ending(ExpirySweep& sweep) : ExpireTransaction(sweep.home_), sweep_(sweep) {}

  void settled() noexcept override {
    --sweep_.ending_;
    delete this;
  }

 private:
  ExpirySweep& sweep_;
};

int64_t ExpirySweep::tick() {
  if (ending_ >= ending_max) return tick_ms;
  const bool done = engine_.sweep(place_, streams_a_tick, ended_);
  if (!ended_.empty()) {
    engine_.begin_burst();
    for (const storage::StreamHandle& stream : ended_) {
      ++ending_;
      engine_.transact(stream->path(), *new Ending(*this));
    }
    engine_.end_burst(false);
    ended_.clear();
  }
  return done ? pause_ms : tick_ms;
}

}  // namespace durable_streams::streams
