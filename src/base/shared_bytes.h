// Immutable bytes with shared ownership: the unit in which data travels from
// the engine to the socket without being copied.
//
// A slice keeps its owner alive. Copying costs a reference count.
// Threads: distinct objects are independent; the bytes never change.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace durable_streams {

class SharedBytes {
 public:
  SharedBytes() = default;

  // Takes the string over; one allocation.
  explicit SharedBytes(std::string bytes) {
    auto owned = std::make_shared<const std::string>(std::move(bytes));
    view_ = *owned;
    owner_ = std::move(owned);
  }

  // `view` must lie in memory that `owner` keeps.
  SharedBytes(std::shared_ptr<const void> owner, std::string_view view)
      : owner_(std::move(owner)), view_(view) {}

  // Bytes of static storage duration; owns nothing.
  static SharedBytes literal(std::string_view view) { return {nullptr, view}; }

  std::string_view view() const { return view_; }
  size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }

  // The same owner, fewer bytes. `position` <= size().
  SharedBytes slice(size_t position, size_t length = std::string_view::npos) const {
    return {owner_, view_.substr(position, length)};
  }

 private:
  std::shared_ptr<const void> owner_;
  std::string_view view_;
};

}  // namespace durable_streams
