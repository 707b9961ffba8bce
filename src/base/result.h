// Result<T> is a value or an Error, with the interface of C++23's std::expected.
// Functions that return one are marked [[nodiscard]].
#pragma once

#include <tl/expected.hpp>

#include "base/error.h"

namespace durable_streams {

template <class T>
using Result = tl::expected<T, Error>;

// return fail(Errc::corruption, "segment 3, position 17: ...");
inline tl::unexpected<Error> fail(std::error_code code, std::string detail = {}) {
  return tl::unexpected<Error>(Error{code, std::move(detail)});
}
inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace durable_streams
