#include "base/clock.h"

#include <chrono>

namespace durable_streams {
namespace {

class SystemClock final : public Clock {
 public:
  int64_t wall_ms() const override {
    return since_epoch_ms<std::chrono::system_clock>();
  }
  int64_t steady_ms() const override {
    return since_epoch_ms<std::chrono::steady_clock>();
  }

 private:
  template <class ChronoClock>
  static int64_t since_epoch_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               ChronoClock::now().time_since_epoch())
        .count();
  }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace durable_streams
