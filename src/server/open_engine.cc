#include "server/open_engine.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <utility>

#include "base/clock.h"
#include "storage/log_engine.h"
#include "storage/memory_engine.h"

namespace durable_streams::server {
namespace {

void report(const storage::RecoveryReport& recovery) {
  if (recovery.records == 0 && recovery.torn_bytes == 0) return;
  spdlog::info("recovered {} records from {} segments in {} ms", recovery.records,
               recovery.segments, recovery.duration_ms);
  if (recovery.torn_bytes > 0) {
    spdlog::info("cut {} bytes that a crash had left unfinished; none was acknowledged",
                 recovery.torn_bytes);
  }
}

// Says once that another process has the directory, and goes on waiting as long
// as somebody wants this process.
storage::LockPolicy wait_for_owner(const ServerConfig& config) {
  storage::LockPolicy policy;
  policy.waiting = [told = false, parent = getppid(),
                    exit_with_parent =
                        config.exit_with_parent](const std::string& path) mutable {
    if (!std::exchange(told, true)) {
      spdlog::warn("another process has the data directory; waiting for {}", path);
    }
    return !exit_with_parent || getppid() == parent;
  };
  return policy;
}

}  // namespace

Result<std::unique_ptr<storage::Engine>> open_engine(const ServerConfig& config) {
  if (config.engine == StorageEngine::memory) {
    return storage::make_memory_engine(system_clock());
  }
  storage::LogOptions options{config.data_dir, posix_file_system(), system_clock()};
  options.lock = wait_for_owner(config);
  auto engine = storage::LogEngine::open(std::move(options));
  if (!engine) return fail(std::move(engine).error());
  report((*engine)->recovery_report());
  return std::unique_ptr<storage::Engine>(std::move(*engine));
}

}  // namespace durable_streams::server
