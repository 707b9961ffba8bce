#include "storage/errc.h"

#include <string>

namespace durable_streams::storage {
namespace {

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "storage"; }

  std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::offset_gone:
        return "the offset belongs to another stream or to bytes no longer kept";
      case Errc::offset_invalid:
        return "the offset is beyond the tail or inside a message";
      case Errc::not_found:
        return "the stream was deleted";
      case Errc::corruption:
        return "what is on the disk is not what was written";
      case Errc::unsupported_format:
        return "the data directory was written by a newer version";
      case Errc::locked:
        return "another process owns the data directory";
      case Errc::moved:
        return "the bytes are in another file by now";
    }
    return "unknown storage error";
  }
};

}  // namespace

const std::error_category& error_category() noexcept {
  static const Category category;
  return category;
}

}  // namespace durable_streams::storage
