// How densely a test goes through all operations or all bytes of a store: one by one.
// Under a sanitizer each costs ten times as much, and what the sanitizer could find
// shows at few of them: there it takes every few. Steps are primes, so that they meet
// every kind of operation and every place of a field.
#pragma once

#include <cstdint>

namespace durable_streams::storage {

#if defined(__SANITIZE_THREAD__)
inline constexpr uint64_t sample_step = 17;  // One thread does all of it.
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr uint64_t sample_step = 5;
#else
inline constexpr uint64_t sample_step = 1;
#endif

}  // namespace durable_streams::storage
