#include "server/process_signals.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

namespace durable_streams::server {
namespace {

using std::chrono::milliseconds;

TEST(ProcessSignals, TellOfEachSignalOnce) {
  ProcessSignals signals;
  ::raise(SIGHUP);
  ::raise(SIGTERM);
  ::raise(SIGHUP);
  EXPECT_EQ(signals.wait(milliseconds(0)), SIGTERM);
  EXPECT_EQ(signals.wait(milliseconds(0)), SIGHUP);
  EXPECT_EQ(signals.wait(milliseconds(0)), 0);
}

// Also one that another thread was interrupted by.
TEST(ProcessSignals, EndAWait) {
  ProcessSignals signals;
  std::thread other([] { ::raise(SIGINT); });
  EXPECT_EQ(signals.wait(std::chrono::minutes(5)), SIGINT);
  other.join();
}

TEST(ProcessSignals, EndTheProcessAgainOnceTheObjectIsGone) {
  { ProcessSignals signals; }
  EXPECT_EXIT(::raise(SIGTERM), ::testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace durable_streams::server
