#include "history.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace durable_streams::process {
namespace {

// Checks sequences of events against what was sent to one stream.
class LifeCheck {
 public:
  explicit LifeCheck(const StreamLife& life) : life_(life) {
    for (const auto& [producer, attempts] : life.attempts) {
      for (size_t i = 0; i < attempts.size(); ++i)
        sent_.emplace(attempts[i].event, Sent{&producer, i});
    }
  }

  std::vector<std::string> run() {
    check_acks();
    for (const Observation& seen : life_.observations)
      check_sequence(seen.reader, seen.events);
    check_that_readers_agree();
    if (!life_.deleted) check_last_read();
    return std::move(faults_);
  }

 private:
  struct Sent {
    const std::string* producer;
    size_t index;
  };

  void check_acks() {
    for (const auto& [producer, attempts] : life_.attempts) {
      std::string before;
      for (const Attempt& attempt : attempts) {
        if (!attempt.acked) continue;
        if (attempt.offset <= before) {
          fault("{}: the ack's offset {} does not follow {}", attempt.event,
                attempt.offset, before);
        }
        before = attempt.offset;
      }
    }
  }

  // A stream's events from its start: each sent, once, in its producer's order,
  // and without a hole.
  void check_sequence(const std::string& who, const std::vector<std::string>& events) {
    std::map<std::string, size_t> next;  // By producer.
    std::set<std::string> seen;
    for (const std::string& event : events) {
      const auto sent = sent_.find(event);
      if (sent == sent_.end()) {
        const bool of_this_path = event.starts_with(life_.path + "#");
        fault("{}: {} {}", who, event, of_this_path ? "is resurrected" : "is invented");
      } else if (!seen.insert(event).second) {
        fault("{}: {} is doubled", who, event);
      } else if (size_t& expected = next[*sent->second.producer];
                 sent->second.index != expected) {
        fault("{}: {} is {}", who, event,
              sent->second.index > expected ? "behind a lost event" : "reordered");
        expected = sent->second.index + 1;
      } else {
        ++expected;
      }
    }
  }

  // Of two readers of one stream each sees a part of what the other sees.
  void check_that_readers_agree() {
    const std::vector<std::string>* longest =
        life_.deleted ? nullptr : &life_.last_read.events;
    std::string whose = "the last read";
    for (const Observation& seen : life_.observations) {
      if (longest == nullptr ||
          (life_.deleted && seen.events.size() > longest->size())) {
        longest = &seen.events;
        whose = seen.reader;
      }
    }
    for (const Observation& seen : life_.observations) {
      const size_t common = std::min(seen.events.size(), longest->size());
      const auto end = seen.events.begin() + static_cast<ptrdiff_t>(common);
      const auto differs =
          std::mismatch(seen.events.begin(), end, longest->begin()).first;
      if (differs != end) {
        fault("{}: {} is reordered: {} has another event in its place", seen.reader,
              *differs, whose);
      } else if (seen.events.size() > longest->size()) {
        fault("{}: {} was seen and is lost", seen.reader, seen.events[common]);
      }
    }
  }

  void check_last_read() {
    const LastRead& last = life_.last_read;
    if (!last.exists) {
      fault("the stream is lost");
      return;
    }
    check_sequence("the last read", last.events);
    const std::set<std::string> there(last.events.begin(), last.events.end());
    for (const auto& [producer, attempts] : life_.attempts) {
      for (const Attempt& attempt : attempts) {
        if (attempt.acked && !there.contains(attempt.event))
          fault("{} was acknowledged and is lost", attempt.event);
      }
    }
    if (last.closed != life_.closed)
      fault("the stream is {}", last.closed ? "closed by nobody" : "open again");
  }

  template <class... Arguments>
  void fault(fmt::format_string<Arguments...> form, Arguments&&... arguments) {
    faults_.push_back(fmt::format("{}#{}: ", life_.path, life_.number) +
                      fmt::format(form, std::forward<Arguments>(arguments)...));
  }

  const StreamLife& life_;
  std::map<std::string, Sent> sent_;
  std::vector<std::string> faults_;
};

}  // namespace

std::string event_text(const std::string& path, uint32_t life,
                       const std::string& producer, uint64_t number) {
  return fmt::format("{}#{}/{}:{}", path, life, producer, number);
}

std::vector<std::string> faults_of(const StreamLife& life) {
  return LifeCheck(life).run();
}

}  // namespace durable_streams::process
