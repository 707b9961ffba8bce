#include "protocol/errc.h"

#include <string>

namespace durable_streams::protocol {
namespace {

class Category final : public std::error_category {
  const char* name() const noexcept override { return "protocol"; }

  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::invalid_json:
        return "the body is not one valid JSON text";
      case Errc::json_too_deep:
        return "the JSON is nested too deeply";
    }
    return "unknown protocol error";
  }
};

}  // namespace

const std::error_category& error_category() noexcept {
  static const Category category;
  return category;
}

}  // namespace durable_streams::protocol
