#include "event.h"

namespace durable_streams::bench {

namespace {

constexpr size_t event_bytes = 200;

}  // namespace

std::string event() {
  std::string event = R"({"type":"comment","key":"5","value":{"body":")";
  event += message_marker;
  const std::string tail = R"("},"headers":{"operation":"insert"}})";
  event.append(event_bytes - event.size() - tail.size(), 'x');
  return event + tail;
}

}  // namespace durable_streams::bench
