#include "server/open_engine.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "storage/log_engine.h"
#include "storage/memory_engine.h"

namespace durable_streams::server {
namespace {

void report(const storage::RecoveryReport& recovery) {
  const uint64_t records = recovery.records + recovery.run_entries;
  if (records == 0 && recovery.torn_bytes == 0) return;
  spdlog::info("recovered {} records from {} runs and {} segments in {} ms", records,
               recovery.runs, recovery.segments, recovery.duration_ms);
  if (recovery.torn_bytes > 0) {
    spdlog::info("cut {} bytes that a crash had left unfinished; none was acknowledged",
                 recovery.torn_bytes);
  }
}

// Says once that another process has the directory, and goes on waiting as long
// as somebody wants this process. Sets `waited`, which outlives the policy.
storage::LockPolicy wait_for_owner(const ServerConfig& config, bool& waited) {
  storage::LockPolicy policy;
  policy.waiting = [&waited, parent = getppid(),
                    exit_with_parent =
                        config.exit_with_parent](const std::string& path) {
    if (!std::exchange(waited, true)) {
      spdlog::warn("another process has the data directory; waiting for {}", path);
    }
    return !exit_with_parent || getppid() == parent;
  };
  return policy;
}

}  // namespace

Result<OpenedEngine> open_engine(const ServerConfig& config) {
  if (config.engine == StorageEngine::memory) {
    return OpenedEngine{storage::make_memory_engine(system_clock()), false};
  }
  bool waited = false;
  storage::LogOptions options{config.data_dir, posix_file_system(), system_clock()};
  options.lock = wait_for_owner(config, waited);
  // More than two gain little: each reads all footers.
  options.replay.threads = std::clamp(std::thread::hardware_concurrency(), 1u, 2u);
  options.tidying.enabled = config.tidy_bytes_per_second > 0;
  options.tidying.bytes_per_second = config.tidy_bytes_per_second;
  options.tidying.failed = [](const Error& error) {
    spdlog::error("the log could not be tidied: {}", error.message());
  };
  auto engine = storage::LogEngine::open(std::move(options));
  if (!engine) return fail(std::move(engine).error());
  if (waited) spdlog::info("the data directory is free; this process has it now");
  report((*engine)->recovery_report());
  return OpenedEngine{std::move(*engine), waited};
}

}  // namespace durable_streams::server
