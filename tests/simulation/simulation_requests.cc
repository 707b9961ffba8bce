// The actions of a simulation that are clients' requests.
#include <algorithm>
#include <utility>

#include "simulation.h"
#include "storage/errc.h"

namespace durable_streams::simulation {
namespace {

using storage::Errc;

constexpr const char* content_types[] = {"text/plain", "application/json",
                                         "application/octet-stream"};

}  // namespace

// Bytes that nobody else writes, with a few messages in them.
std::string Simulation::make_payload(Dice& dice, std::vector<uint32_t>& boundaries) {
  size_t size = 1 + dice.below(plan_.payload_bytes_max);
  if (plan_.payload_bytes_max > 2000 && dice.one_in(40))
    size = 60'000 + dice.below(80'000);
  std::string bytes = fmt::format("{}.", ++payloads_);
  Dice filler(payloads_);
  while (bytes.size() < size)
    bytes += static_cast<char>('a' + filler.below(26));
  bytes.resize(size);
  if (dice.one_in(3)) {
    for (size_t i = dice.below(5); i > 0; --i)
      boundaries.push_back(static_cast<uint32_t>(1 + dice.below(size)));
    std::erase(boundaries, size);
    std::sort(boundaries.begin(), boundaries.end());
    boundaries.erase(std::unique(boundaries.begin(), boundaries.end()),
                     boundaries.end());
  }
  return bytes;
}

void Simulation::create(Dice& dice) {
  const std::string path = pick_path(dice);
  constexpr uint64_t ttls[] = {1, 10, 60, 3600, 30'000};
  constexpr int64_t lives_ms[] = {500, 5'000, 60'000, 4'000'000};
  const StreamPtr existing = model_.admitted(path);
  CreateCall call;
  if (existing && dice.one_in(2)) {
    call.configuration = existing->configuration;
    call.closed = existing->closed;
  } else {
    call.configuration.content_type = dice.pick(content_types);
    if (dice.one_in(3)) {
      call.configuration.ttl_seconds = dice.pick(ttls);
    } else if (dice.one_in(6)) {
      call.configuration.expires_at_ms = server_.now().wall_ms + dice.pick(lives_ms);
    }
    call.closed = dice.one_in(12);
  }
  if (dice.one_in(3)) call.bytes = make_payload(dice, call.boundaries);
  Decision expected = model_.create(path, call, server_.now());
  ask(path, make_create(server_.home(), call), std::move(expected));
}

ProducerClaim Simulation::make_claim(Dice& dice, const StreamPtr& stream) {
  ProducerClaim claim{fmt::format("p{}", dice.below(4)), dice.below(3), 0};
  if (!stream) return claim;
  const auto known = stream->producers.find(claim.id);
  if (known == stream->producers.end()) {
    if (dice.one_in(10)) claim.seq = 1 + dice.below(3);
    return claim;
  }
  claim = known->second;
  const size_t chance = dice.below(100);
  if (chance < 65) {
    ++claim.seq;
  } else if (chance < 78) {
    claim.seq -= std::min<uint64_t>(claim.seq, dice.below(3));  // A retry.
  } else if (chance < 84) {
    claim.seq += 2 + dice.below(3);
  } else if (chance < 90) {
    claim.epoch -= std::min<uint64_t>(claim.epoch, 1);
  } else {
    claim.epoch += 1 + dice.below(3);
    claim.seq = dice.one_in(6) ? 1 : 0;
  }
  return claim;
}

AppendCall Simulation::make_append_call(Dice& dice, const StreamPtr& stream) {
  AppendCall call;
  call.content_type = stream && !dice.one_in(30) ? stream->configuration.content_type
                                                 : dice.pick(content_types);
  call.bytes = make_payload(dice, call.boundaries);
  if (dice.one_in(2)) call.producer = make_claim(dice, stream);
  if (stream && stream->closed_by && dice.one_in(2)) call.producer = stream->closed_by;
  if (dice.one_in(4)) {
    const std::string scope = fmt::format("c{}", dice.below(2));
    uint64_t next = 1;
    if (stream) {
      const auto last = stream->stream_seqs.find(scope);
      if (last != stream->stream_seqs.end()) next = 1 + std::stoull(last->second);
    }
    if (dice.one_in(4)) next -= std::min<uint64_t>(next, dice.below(3));
    call.stream_seq = SeqClaim{scope, fmt::format("{:08}", next)};
  }
  call.closes = dice.one_in(60);
  return call;
}

void Simulation::append(Dice& dice, const std::string& path) {
  const AppendCall call = make_append_call(dice, model_.admitted(path));
  Decision expected = model_.append(path, call, server_.now());
  ask(path, make_append(server_.home(), call), std::move(expected));
}

void Simulation::close(Dice& dice) {
  const std::string path = pick_path(dice);
  AppendCall call;
  if (dice.one_in(3)) {
    call = make_append_call(dice, model_.admitted(path));
  }
  call.closes = true;
  Decision expected = model_.append(path, call, server_.now());
  ask(path, make_append(server_.home(), call), std::move(expected));
}

void Simulation::remove(Dice& dice) {
  const std::string path = pick_path(dice);
  Decision expected = model_.remove(path, server_.now());
  ask(path, make_remove(server_.home()), std::move(expected));
}

// As the server does: a stream past its time is ended by who finds it.
storage::StreamHandle Simulation::find_alive(const std::string& path) {
  storage::StreamHandle stream = server_.engine().find(path);
  const StreamPtr expected = model_.durable(path);
  if (!stream) {
    if (!expected) return nullptr;
    if (!expected->lifetime->may_have_ended)
      throw Failure(path + ": the stream is missing");
    model_.forget_ended(path);
    return nullptr;
  }
  if (!expected) throw Failure(path + ": a stream that is not there is shown");
  const storage::Snapshot snapshot = stream->snapshot();
  const protocol::Moment now = server_.engine().now();
  const bool ended = protocol::is_expired(stream->config(), snapshot.active_ms, now);
  if (ended != expected->is_expired(server_.now())) {
    throw Failure(path + (ended ? ": it ends too early" : ": it should have ended"));
  }
  if (!ended) return stream;
  Decision expiry = model_.expire(path, server_.now());
  ask(path, make_expire(server_.home()), std::move(expiry));
  return nullptr;
}

void Simulation::read(Dice& dice) {
  constexpr size_t page_sizes[] = {1, 50, 700, 5'000, 1 << 20};
  const std::string path = pick_path(dice);
  const storage::StreamHandle stream = find_alive(path);
  if (!stream) return;
  const auto observed = server_.observe(path, dice.pick(page_sizes), false);
  const StreamPtr expected = model_.durable(path);
  const std::string wrong = Model::difference(expected, &*observed);
  if (!wrong.empty()) throw Failure(path + ", read: " + wrong);
  if (expected->configuration.ttl_seconds &&
      observed->active_ms != expected->lifetime->active_ms) {
    throw Failure(fmt::format("{}: active at {} instead of {}", path,
                              observed->active_ms, expected->lifetime->active_ms));
  }
  const bool must_wait = server_.engine().renew(*stream);
  model_.renew(path, server_.now(),
               is_in_trouble() ? Model::Kept::never
               : must_wait     ? Model::Kept::later
                               : Model::Kept::now);
  history_.note("{}: read {} bytes", path, observed->bytes->size());
}

void Simulation::read_page(Dice& dice) {
  const std::string path = pick_path(dice);
  const storage::StreamHandle stream = find_alive(path);
  if (!stream) return;
  const StreamPtr expected = model_.durable(path);
  const uint64_t tail = expected->bytes.size();
  protocol::Offset from{stream->snapshot().stream_id, dice.below(tail + 2)};
  if (dice.one_in(20)) from.owner_id -= 1 + dice.below(2);
  if (dice.percent(60)) {
    const auto end = expected->ends.lower_bound(from.position);
    from.position = end == expected->ends.end() ? tail : *end;
  }
  constexpr size_t page_sizes[] = {1, 20, 300, 3'000, 100'000};
  const size_t bytes_max = dice.pick(page_sizes);
  const auto page = server_.read(*stream, from, bytes_max);
  const std::error_code code = page ? std::error_code() : page.error().code;

  const bool starts_message =
      from.position == 0 || expected->ends.contains(from.position);
  std::error_code right;
  if (!from.is_start() && from.owner_id != stream->snapshot().stream_id) {
    right = Errc::offset_gone;
  } else if (from.position > tail || !starts_message) {
    right = Errc::offset_invalid;
  }
  if (code != right) {
    throw Failure(fmt::format("{}, page from {}: {} instead of {}", path, from.position,
                              code.message(), right.message()));
  }
  if (!page) return;
  std::string bytes;
  for (const SharedBytes& chunk : page->chunks)
    bytes += chunk.view();
  const uint64_t end = from.position + bytes.size();
  if (expected->bytes.compare(from.position, bytes.size(), bytes) != 0 ||
      page->next.position != end || page->at_tail != (end == tail)) {
    throw Failure(fmt::format("{}: a wrong page from {}", path, from.position));
  }
  if (end != tail && !expected->ends.contains(end))
    throw Failure(
        fmt::format("{}: a page from {} splits a message", path, from.position));
  const uint64_t first = expected->message_bytes(from.position);
  if (bytes.size() < std::min(first, tail - from.position) ||
      bytes.size() > std::max<uint64_t>(bytes_max, first)) {
    throw Failure(fmt::format("{}: a page from {} of {} bytes", path, from.position,
                              bytes.size()));
  }
  history_.note("{}: page {} to {}", path, from.position, end);
}

void Simulation::inspect(Dice& dice) {
  const std::string path = pick_path(dice);
  if (model_.on_their_way() > 0 || is_in_trouble()) return;
  if (!find_alive(path) || model_.on_their_way() > 0) return;
  const auto observed = server_.observe(path, 1 << 20, true);
  take_in();
  const std::string wrong =
      Model::difference(model_.durable(path), observed ? &*observed : nullptr);
  if (!wrong.empty()) throw Failure(path + ": " + wrong);
}

void Simulation::watch(Dice& dice) {
  const std::string path = pick_path(dice);
  live_readers_->watch(path, dice.one_in(2));
}

}  // namespace durable_streams::simulation
