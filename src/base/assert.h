// DS_ASSERT stops the process when an invariant of ours is broken.
//
// On in release builds too: a server that goes on with a broken invariant may
// write what it must not. Never for input from a peer or a disk: what those
// send is answered with an Error (base/error.h).
#pragma once

namespace durable_streams {

// Prints the failed condition with its place and aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file,
                                   int line) noexcept;

}  // namespace durable_streams

#define DS_ASSERT(condition)    \
  (static_cast<bool>(condition) \
       ? static_cast<void>(0)   \
       : ::durable_streams::assertion_failed(#condition, __FILE__, __LINE__))
