#include "base/error.h"

namespace durable_streams {

std::string Error::message() const {
  if (detail.empty()) return code.message();
  return detail + " (" + code.message() + ")";
}

Error system_error(int error_number, std::string what) {
  return {std::error_code(error_number, std::system_category()), std::move(what)};
}

}  // namespace durable_streams
