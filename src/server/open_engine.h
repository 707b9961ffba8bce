// The storage that a configuration asks for.
#pragma once

#include <memory>

#include "base/result.h"
#include "server/config.h"
#include "storage/engine.h"

namespace durable_streams::server {

struct OpenedEngine {
  std::unique_ptr<storage::Engine> engine;
  // Another process had the data directory when this one came.
  bool took_over = false;
};

// Opens it: recovers the log, and waits for another process that still has the
// data directory (a deploy starts the new one before the old has ended), saying
// so. Errors: storage::Errc, system codes.
[[nodiscard]] Result<OpenedEngine> open_engine(const ServerConfig& config);

}  // namespace durable_streams::server
