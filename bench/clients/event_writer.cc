#include "event_writer.h"

#include <unistd.h>

#include "event.h"
#include "http_socket.h"

namespace durable_streams::bench {

EventWriter::EventWriter(ReaderSet& readers, uint16_t port, const std::string& path,
                         Pace pace)
    : readers_(readers),
      pace_(pace),
      descriptor_(connect_to(port)),
      request_(json_post_request(path, event())),
      thread_([this] { run(); }) {}

EventWriter::~EventWriter() {
  stop();
  readers_.stop_waiter();
  thread_.join();
  ::close(descriptor_);
}

void EventWriter::run() {
  while (!stopping_.load(std::memory_order_relaxed)) {
    const uint64_t goal = (acknowledged() + 1) * readers_.size();
    if (pace_ == Pace::lockstep) readers_.set_goal(goal);
    const uint64_t started_ns = now_ns();
    if (!post()) break;
    if (pace_ == Pace::lockstep) {
      const uint64_t reached_ns = readers_.wait_for_goal(goal);
      if (reached_ns == 0) break;
      spread_ns_.push_back(reached_ns - started_ns);
    }
  }
  finished_.store(true, std::memory_order_release);
}

bool EventWriter::post() {
  const int status = send_all(descriptor_, request_) ? read_answer(descriptor_) : 0;
  const bool accepted = status >= 200 && status < 300;
  (accepted ? acknowledged_ : refused_).fetch_add(1, std::memory_order_relaxed);
  return accepted;
}

}  // namespace durable_streams::bench
