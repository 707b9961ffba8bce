#include "server/open_engine.h"

#include "base/clock.h"
#include "storage/memory_engine.h"

namespace durable_streams::server {

Result<std::unique_ptr<storage::Engine>> open_engine(const ServerConfig& config) {
  if (config.engine == StorageEngine::memory) {
    return storage::make_memory_engine(system_clock());
  }
  return fail(std::make_error_code(std::errc::not_supported), "the log engine");
}

}  // namespace durable_streams::server
