// Operating errors of storage/.
#pragma once

#include <system_error>

namespace durable_streams::storage {

enum class Errc {
  offset_gone = 1,     // The offset belongs to a stream that was here before, or
                       // lies before the earliest kept byte.
  offset_invalid,      // The offset is beyond the tail or inside a message.
  not_found,           // The stream was deleted.
  corruption,          // What is on the disk is not what was written there.
  unsupported_format,  // The data directory was written by a newer version.
  locked,              // Another process owns the data directory.
  moved,               // The bytes are in another file by now: look again. Stays
                       // inside the engine.
};

const std::error_category& error_category() noexcept;
inline std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

}  // namespace durable_streams::storage

template <>
struct std::is_error_code_enum<durable_streams::storage::Errc> : std::true_type {};
