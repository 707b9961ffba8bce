// An engine that keeps streams for as long as the process lives: for tests and
// throw-away servers.
//
// A change is durable, in this engine's sense, before transact() returns; it is
// settled through its home queue all the same.
#pragma once

#include <memory>

#include "base/clock.h"
#include "storage/engine.h"

namespace durable_streams::storage {

// `clock` must outlive the engine.
std::unique_ptr<Engine> make_memory_engine(const Clock& clock);

}  // namespace durable_streams::storage
