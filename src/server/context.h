// What the handlers of one I/O thread work with.
#pragma once

#include <cstdint>
#include <random>

#include "http/io_thread.h"
#include "server/access.h"
#include "server/answer.h"
#include "server/live_reader.h"
#include "server/stream_route.h"
#include "storage/engine.h"
#include "streams/tail_watch.h"

namespace durable_streams::server {

// Durations and bounds that handlers need, out of ServerConfig.
struct ServingLimits {
  int64_t long_poll_timeout_ms = 30'000;
  int64_t sse_lifetime_ms = 60'000;  // Give or take a tenth.
  int64_t sse_keep_alive_ms = 15'000;
};

// Shared by all threads and immutable, but for the engine and the access keys,
// which are thread-safe themselves.
struct SharedContext {
  storage::Engine& engine;
  const Access& access;
  const Cors& cors;
  const StreamRoute& route;
  ServingLimits limits;
};

// One per I/O thread; lives as long as its connections.
struct ThreadContext {
  ThreadContext(const SharedContext& with, http::IoThread& on)
      : shared(with), io(on), tails(with.engine, on.completions()) {}

  storage::Engine& engine() const { return shared.engine; }

  const SharedContext& shared;
  http::IoThread& io;
  streams::TailWatch tails;
  LiveReaders live_readers;
  std::minstd_rand random{std::random_device{}()};
};

}  // namespace durable_streams::server
