#include "clients.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <thread>

#include "durable_streams/follower.h"
#include "durable_streams/json_messages.h"

namespace durable_streams::process {
namespace {

using client::ErrorCode;
using Clock = std::chrono::steady_clock;

constexpr const char* json = "application/json";
constexpr std::chrono::minutes patience{5};
// No append ever has it. What a client has stopped waiting for may still be done,
// behind its next request: an append that is to be refused must be wrong then, too.
constexpr uint64_t seq_of_none = 1'000'000'000;

// Whether nothing certain is known after this error.
bool is_undecided(const client::Error& error) {
  return error.is_transient() || error.outcome_unknown ||
         error.code == ErrorCode::malformed_answer;
}

// The events of a page, by their texts.
std::vector<std::string> events_of(const client::Page& page) {
  constexpr std::string_view before = R"("event":")";
  std::vector<std::string> events;
  if (page.body.empty()) return events;  // Nothing came while a long-poll waited.
  const auto messages = client::json_messages(page.body);
  if (!messages) return {"a page that is no JSON"};
  for (const std::string_view message : *messages) {
    const size_t start = message.find(before);
    const size_t end = message.find('"', start + before.size());
    if (start == message.npos || end == message.npos) {
      events.emplace_back(message.substr(0, 80));
    } else {
      events.emplace_back(
          message.substr(start + before.size(), end - start - before.size()));
    }
  }
  return events;
}

// The number of the life that an event is of; 0 if the text is none of ours.
uint32_t life_of_event(const std::string& event) {
  const size_t mark = event.rfind('#');
  return mark == event.npos
             ? 0
             : static_cast<uint32_t>(std::strtoul(&event[mark + 1], nullptr, 10));
}

std::string stream_id_of(const std::string& offset) {
  return offset.substr(0, offset.find('_'));
}

}  // namespace

client::Stream open_stream(const std::string& base_url, const std::string& path) {
  client::Options options;
  options.deadline_ms = 120'000;
  options.attempts_max = 1;
  return std::move(*client::Stream::open(client::stream_url(base_url, path), options));
}

client::Stream open_impatient_stream(const std::string& base_url,
                                     const std::string& path) {
  client::Options options;
  options.connect_timeout_ms = 500;
  options.deadline_ms = 2'000;
  options.live_timeout_ms = 3'000;
  options.attempts_max = 1;
  return std::move(*client::Stream::open(client::stream_url(base_url, path), options));
}

template <class Call>
auto persist(ClientBook& book, Call call) -> decltype(call()) {
  const auto deadline = Clock::now() + patience;
  for (;;) {
    auto result = call();
    if (result || !is_undecided(result.error())) return result;
    if (Clock::now() > deadline) {
      book.faults.push_back("no answer for five minutes: " + result.error().message);
      return result;
    }
    ++book.retries;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

Writer::Writer(std::string base_url, std::string name,
               std::vector<std::string> own_paths,
               std::vector<std::string> shared_paths, uint64_t seed)
    : name_(std::move(name)), dice_(seed) {
  for (const std::string& path : own_paths)
    targets_.push_back({path, open_impatient_stream(base_url, path)});
  for (const std::string& path : shared_paths) {
    targets_.push_back({path, open_impatient_stream(base_url, path)});
    targets_.back().shared = true;
  }
}

void Writer::run(const std::atomic<bool>& stop) {
  for (Target& target : targets_)
    create(target);
  while (!stop && book_.faults.empty()) {
    Target& target = targets_[dice_.below(targets_.size())];
    if (dice_.one_in(20)) {
      check_refusals(target);
    } else if (target.closed || (!target.shared && dice_.one_in(300))) {
      remove(target);
      create(target);
    } else if (!target.shared && dice_.one_in(200)) {
      close(target);
    } else {
      append(target, !target.shared && dice_.one_in(300));
    }
  }
}

void Writer::create(Target& target) {
  target.closed = false;
  ++target.life;
  target.epoch = target.seq = target.events = 0;
  const auto made =
      persist(book_, [&] { return target.stream.create({.content_type = json}); });
  if (!made) book_.faults.push_back(target.path + ": create: " + made.error().message);
  life_of(target);
}

void Writer::append(Target& target, bool and_close) {
  if (target.seq > 0 && dice_.one_in(100)) {  // As a producer that was restarted.
    ++target.epoch;
    target.seq = 0;
  }
  auto& attempts = life_of(target).attempts[name_];
  const std::string event =
      event_text(target.path, target.life, name_, target.events++);
  attempts.push_back({event, false, ""});
  target.last_body = body_of(event);
  const auto done = persist(book_, [&] {
    return send(target, target.last_body, target.epoch, target.seq, and_close);
  });
  if (!done) {
    book_.faults.push_back(event + ": append: " + done.error().message);
    return;
  }
  ++target.seq;
  acknowledged_ = ++book_.acked_appends;
  attempts.back().acked = true;
  // A duplicate's answer names the end of the stream as it is then.
  attempts.back().offset = done->next_offset;
  if (and_close) life_of(target).closed = target.closed = true;
}

void Writer::close(Target& target) {
  const auto done = persist(book_, [&] { return target.stream.close(); });
  if (!done) book_.faults.push_back(target.path + ": close: " + done.error().message);
  life_of(target).closed = target.closed = true;
}

void Writer::remove(Target& target) {
  const auto done = persist(book_, [&] { return target.stream.remove(); });
  // An earlier try may have done it.
  if (!done && done.error().code != ErrorCode::not_found)
    book_.faults.push_back(target.path + ": delete: " + done.error().message);
  life_of(target).deleted = true;
  const auto head = persist(book_, [&] { return target.stream.head(); });
  if (head || head.error().code != ErrorCode::not_found)
    book_.faults.push_back(target.path + ": there after its deletion");
}

// What a server must remember of a producer: after a crash too.
void Writer::check_refusals(Target& target) {
  if (target.seq == 0) return;
  if (target.closed) {
    expect_error(target,
                 send(target, target.last_body, target.epoch + 1, seq_of_none, false),
                 ErrorCode::closed, "an append to a closed stream");
    return;
  }
  if (target.epoch > 0 && dice_.one_in(3)) {
    expect_error(target,
                 send(target, target.last_body, target.epoch - 1, seq_of_none, false),
                 ErrorCode::stale_epoch, "an append of an old epoch");
  } else if (dice_.one_in(2)) {
    expect_error(target,
                 send(target, target.last_body, target.epoch, seq_of_none, false),
                 ErrorCode::sequence_gap, "an append behind a gap");
  } else {
    const auto again =
        send(target, target.last_body, target.epoch, target.seq - 1, false);
    if (!again && is_undecided(again.error())) return;
    ++book_.refusals_checked;
    if (!again || !again->is_duplicate)
      book_.faults.push_back(target.path + ": an append again is not seen as one");
  }
}

void Writer::expect_error(Target& target, client::Result<client::Appended> result,
                          ErrorCode expected, const char* what) {
  if (!result && is_undecided(result.error())) return;
  ++book_.refusals_checked;
  if (!result && result.error().code == expected) return;
  book_.faults.push_back(fmt::format("{}#{}: {} by {}: {}", target.path, target.life,
                                     what, name_,
                                     result ? "taken" : result.error().message));
}

client::Result<client::Appended> Writer::send(Target& target, const std::string& body,
                                              uint64_t epoch, uint64_t seq,
                                              bool close) {
  return target.stream.append(
      body, {.content_type = json, .producer = {{name_, epoch, seq}}, .close = close});
}

StreamLife& Writer::life_of(const Target& target) {
  StreamLife& life = book_.lives[{target.path, target.life}];
  life.path = target.path;
  life.number = target.life;
  return life;
}

std::string Writer::body_of(const std::string& event) {
  const size_t size = dice_.one_in(50) ? dice_.below(200'000) : dice_.below(600);
  return fmt::format(R"({{"event":"{}","filling":"{}"}})", event,
                     std::string(size, 'x'));
}

Watcher::Watcher(std::string base_url, std::string name, std::vector<std::string> paths,
                 uint64_t seed)
    : base_url_(std::move(base_url)),
      name_(std::move(name)),
      paths_(std::move(paths)),
      dice_(seed) {}

void Watcher::run(const std::atomic<bool>& stop) {
  while (!stop)
    follow(paths_[dice_.below(paths_.size())], stop);
}

void Watcher::follow(const std::string& path, const std::atomic<bool>& stop) {
  client::Stream stream = open_impatient_stream(base_url_, path);
  std::optional<client::Follower> follower(std::in_place, stream, "-1");
  Observation seen{name_, {}};
  std::string stream_id;
  for (uint64_t pages = 20 + dice_.below(500); pages > 0 && !stop; --pages) {
    const auto page = follower->next();
    if (!page && !is_undecided(page.error())) {
      const ErrorCode code = page.error().code;
      if (code != ErrorCode::not_found && code != ErrorCode::gone)
        book_.faults.push_back(path + ": read: " + page.error().message);
      break;
    }
    if (!page) {
      ++book_.retries;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      continue;
    }
    for (std::string& event : events_of(*page))
      seen.events.push_back(std::move(event));
    const std::string id = stream_id_of(page->next_offset);
    if (!stream_id.empty() && id != stream_id) {
      book_.faults.push_back(path + ": a read went on in another stream");
      break;
    }
    // The zero offset, of an empty stream's start, names no stream.
    if (id.find_first_not_of('0') != id.npos) stream_id = id;
    if (page->closed) break;
    if (dice_.one_in(20)) {  // As a reader that was restarted.
      const std::string offset = follower->offset();
      follower.emplace(stream, offset);
    }
  }
  if (seen.events.empty()) return;
  const uint32_t number = life_of_event(seen.events.front());
  book_.lives[{path, number}].observations.push_back(std::move(seen));
}

void read_all(const std::string& base_url, Lives& lives, ClientBook& book, Dice dice) {
  for (auto& [key, life] : lives) {
    if (life.deleted) continue;
    client::Stream stream = open_impatient_stream(base_url, life.path);
    std::string offset = "-1";
    for (bool at_end = false; !at_end;) {
      const auto page = persist(book, [&] { return stream.read({.offset = offset}); });
      if (!page) {
        book.faults.push_back(life.path + ": last read: " + page.error().message);
        break;
      }
      life.last_read.exists = true;
      for (std::string& event : events_of(*page))
        life.last_read.events.push_back(std::move(event));
      offset = page->next_offset;
      at_end = page->up_to_date || page->closed;
      life.last_read.closed = page->closed;
    }
    // With one writer the event behind an ack's offset is the next one that was sent.
    if (life.attempts.size() != 1) continue;
    const auto& attempts = life.attempts.begin()->second;
    if (attempts.size() < 2) continue;
    const size_t index = dice.below(attempts.size() - 1);
    const auto page =
        persist(book, [&] { return stream.read({.offset = attempts[index].offset}); });
    const auto events = page ? events_of(*page) : std::vector<std::string>();
    if (events.empty() || events.front() != attempts[index + 1].event) {
      book.faults.push_back(fmt::format("{}: a read behind it finds {}",
                                        attempts[index].event,
                                        events.empty() ? "nothing" : events.front()));
    }
  }
}

}  // namespace durable_streams::process
