#include "model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace durable_streams::simulation {
namespace {

// A logged stamp may lag behind the last read by a tenth of the TTL, at least a
// second (docs/durability.md, "Time to live").
int64_t grain_ms(const Stream& stream) {
  return std::max<int64_t>(
      1000, static_cast<int64_t>(*stream.configuration.ttl_seconds) * 100);
}

void add_bytes(Stream& stream, const std::string& bytes,
               const std::vector<uint32_t>& boundaries) {
  const uint64_t start = stream.bytes.size();
  for (const uint32_t boundary : boundaries)
    stream.ends.insert(start + boundary);
  stream.bytes += bytes;
  stream.ends.insert(stream.bytes.size());
}

std::shared_ptr<Stream> copy(const StreamPtr& stream) {
  return std::make_shared<Stream>(*stream);
}

std::string text_of(const std::optional<ProducerClaim>& claim) {
  return claim ? fmt::format("{} {}.{}", claim->id, claim->epoch, claim->seq) : "none";
}

}  // namespace

bool Stream::is_expired(const Time& now) const {
  if (configuration.ttl_seconds) {
    return now.stream_ms - lifetime->active_ms >
           static_cast<int64_t>(*configuration.ttl_seconds) * 1000;
  }
  return configuration.expires_at_ms && now.wall_ms >= *configuration.expires_at_ms;
}

bool Stream::may_end(const Time& now) const {
  const auto& expires_at_ms = configuration.expires_at_ms;
  return is_expired(now) && (!expires_at_ms || now.settled_wall_ms >= *expires_at_ms);
}

uint64_t Stream::message_bytes(uint64_t position) const {
  const auto end = ends.upper_bound(position);
  return end == ends.end() ? 0 : *end - position;
}

StreamPtr Model::find(const Streams& streams, const std::string& path) {
  const auto found = streams.find(path);
  return found == streams.end() ? nullptr : found->second;
}

void Model::put(Streams& streams, const std::string& path, StreamPtr stream) {
  if (stream) {
    streams[path] = std::move(stream);
  } else {
    streams.erase(path);
  }
}

StreamPtr Model::durable(const std::string& path) const {
  return find(durable_, path);
}

StreamPtr Model::admitted(const std::string& path) const {
  return find(admitted_, path);
}

Decision Model::create(const std::string& path, const CreateCall& call,
                       const Time& now) const {
  const StreamPtr stream = admitted(path);
  const auto& expires_at_ms = call.configuration.expires_at_ms;
  // Who asks for a stream that has expired by then must not lose one that may be back.
  const bool born_expired = expires_at_ms && now.wall_ms >= *expires_at_ms;
  const bool stays =
      stream && (!stream->is_expired(now) || (born_expired && !stream->may_end(now)));
  if (stays) {
    const bool same =
        stream->configuration == call.configuration && stream->closed == call.closed;
    return {same ? "matches" : "conflict"};
  }
  auto made = std::make_shared<Stream>();
  made->lifetime = std::make_shared<Lifetime>();
  made->lifetime->active_ms = now.stream_ms;
  made->configuration = call.configuration;
  add_bytes(*made, call.bytes, call.boundaries);
  made->closed = call.closed;
  return {"created", true, std::move(made)};
}

Decision Model::append(const std::string& path, const AppendCall& call,
                       const Time& now) const {
  const StreamPtr stream = admitted(path);
  if (!stream) return {"not found"};
  if (stream->is_expired(now)) return {"not found", stream->may_end(now)};
  if (stream->closed) {
    if (call.producer && stream->closed_by == call.producer) {
      return {fmt::format("duplicate of {}, closed", call.producer->seq)};
    }
    return {call.closes && call.bytes.empty() ? "already closed" : "closed"};
  }
  if (!call.bytes.empty() && call.content_type != stream->configuration.content_type) {
    return {"another content type"};
  }
  if (call.producer) {
    const ProducerClaim& claim = *call.producer;
    const auto known = stream->producers.find(claim.id);
    if (known == stream->producers.end()) {
      if (claim.seq != 0) return {fmt::format("gap, 0 expected, got {}", claim.seq)};
    } else if (claim.epoch < known->second.epoch) {
      return {fmt::format("stale, epoch is {}", known->second.epoch)};
    } else if (claim.epoch > known->second.epoch) {
      if (claim.seq != 0) return {"a new epoch must start at 0"};
    } else if (claim.seq <= known->second.seq) {
      return {fmt::format("duplicate of {}", known->second.seq)};
    } else if (claim.seq > known->second.seq + 1) {
      return {
          fmt::format("gap, {} expected, got {}", known->second.seq + 1, claim.seq)};
    }
  }
  if (call.stream_seq) {
    const auto last = stream->stream_seqs.find(call.stream_seq->scope);
    if (last != stream->stream_seqs.end() && call.stream_seq->value <= last->second) {
      return {"sequence does not ascend"};
    }
  }
  const auto after = copy(stream);
  if (!call.bytes.empty()) add_bytes(*after, call.bytes, call.boundaries);
  if (call.producer) after->producers[call.producer->id] = *call.producer;
  if (call.stream_seq)
    after->stream_seqs[call.stream_seq->scope] = call.stream_seq->value;
  if (call.closes) {
    after->closed = true;
    after->closed_by = call.producer;
  }
  return {"appended", true, after};
}

Decision Model::remove(const std::string& path, const Time& now) const {
  const StreamPtr stream = admitted(path);
  if (!stream) return {"not found"};
  return {stream->is_expired(now) ? "not found" : "removed", true};
}

Decision Model::expire(const std::string& path, const Time& now) const {
  const StreamPtr stream = admitted(path);
  if (!stream) return {"gone"};
  if (!stream->is_expired(now)) return {"alive"};
  return {"gone", stream->may_end(now)};
}

uint64_t Model::admit(const std::string& path, const Decision& decision,
                      const Time& now) {
  if (decision.after) {
    Lifetime& lifetime = *decision.after->lifetime;
    lifetime.active_ms = std::max(lifetime.active_ms, now.stream_ms);
    lifetime.may_have_ended = false;
  }
  put(admitted_, path, decision.after);
  changes_.push_back({++newest_number_, path, decision.after, now.steady_ms});
  return newest_number_;
}

bool Model::acknowledge(uint64_t number) {
  if (changes_.empty() || changes_.front().number != number) return false;
  Change& change = changes_.front();
  if (change.after) {
    Lifetime& lifetime = *change.after->lifetime;
    lifetime.promised_ms = std::max(lifetime.promised_ms, change.steady_ms);
  }
  put(durable_, change.path, std::move(change.after));
  changes_.pop_front();
  return true;
}

bool Model::rests_on_admitted(const std::string& path, uint64_t newest_number) const {
  return std::any_of(changes_.begin(), changes_.end(), [&](const Change& change) {
    return change.path == path && change.number <= newest_number;
  });
}

void Model::renew(const std::string& path, const Time& now, Kept kept) {
  const StreamPtr stream = durable(path);
  const StreamPtr newest = admitted(path);
  if (!stream->configuration.ttl_seconds) return;
  if (!newest || newest->lifetime != stream->lifetime) return;  // It is ending.
  stream->lifetime->active_ms = now.stream_ms;
  if (kept == Kept::now) stream->lifetime->promised_ms = now.steady_ms;
  if (kept == Kept::later) renewals_.emplace_back(stream->lifetime, now.steady_ms);
}

void Model::renewals_are_safe() {
  for (const auto& [lifetime, steady_ms] : renewals_)
    lifetime->promised_ms = std::max(lifetime->promised_ms, steady_ms);
  renewals_.clear();
}

void Model::look_at_clock(const Time& now) {
  for (const Streams* streams : {&durable_, &admitted_}) {
    for (const auto& [path, stream] : *streams) {
      if (stream->may_end(now)) stream->lifetime->may_have_ended = true;
    }
  }
}

std::set<std::string> Model::to_be_ended(const Time& now) const {
  std::set<std::string> paths;
  for (const auto& [path, stream] : durable_) {
    const StreamPtr newest = admitted(path);
    const bool is_newest = newest && newest->lifetime == stream->lifetime;
    if (is_newest && stream->may_end(now)) paths.insert(path);
  }
  return paths;
}

void Model::forget_ended(const std::string& path) {
  const StreamPtr ended = durable(path);
  durable_.erase(path);
  const StreamPtr newest = admitted(path);
  if (newest && newest->lifetime == ended->lifetime) admitted_.erase(path);
}

void Model::learn_id(Lifetime& lifetime, uint64_t id) {
  lifetime.id = id;
  highest_id_ = std::max(highest_id_, id);
}

std::string Model::difference(const StreamPtr& stream, const Observed* observed) {
  if (!stream) return observed ? "a stream that is not there is shown" : "";
  if (!observed) return "the stream is missing";
  if (stream->lifetime->id != 0 && stream->lifetime->id != observed->id) {
    return fmt::format("its id is {}, not {}", observed->id, stream->lifetime->id);
  }
  if (!(stream->configuration == observed->configuration))
    return "its configuration is another";
  if (observed->bytes && stream->bytes != *observed->bytes) {
    const auto first = std::mismatch(stream->bytes.begin(), stream->bytes.end(),
                                     observed->bytes->begin(), observed->bytes->end());
    return fmt::format("{} bytes instead of {}, different from {} on",
                       observed->bytes->size(), stream->bytes.size(),
                       first.first - stream->bytes.begin());
  }
  if (stream->closed != observed->closed) {
    return stream->closed ? "it is open" : "it is closed";
  }
  if (!observed->admitted) return "";
  const Observed::Admitted& admitted = *observed->admitted;
  if (admitted.tail != stream->bytes.size() || admitted.closed != stream->closed) {
    return "decisions see another tail or closure";
  }
  if (admitted.closed_by != stream->closed_by) {
    return "closed by " + text_of(admitted.closed_by) + " instead of " +
           text_of(stream->closed_by);
  }
  if (admitted.producers != stream->producers) return "its producers are others";
  if (admitted.stream_seqs != stream->stream_seqs) return "its Stream-Seqs are others";
  return "";
}

std::string Model::wrong_lifetime(const Stream& stream, const Observed& observed,
                                  const Time& now) {
  if (!stream.configuration.ttl_seconds) return "";
  const Lifetime& lifetime = *stream.lifetime;
  const int64_t earliest_ms = now.stream_ms - (now.steady_ms - lifetime.promised_ms);
  const int64_t latest_ms =
      std::min(lifetime.active_ms + grain_ms(stream), now.stream_ms);
  if (observed.active_ms < earliest_ms) {
    return fmt::format("it would die {} ms early", earliest_ms - observed.active_ms);
  }
  if (observed.active_ms > latest_ms) {
    return fmt::format("it would die {} ms late", observed.active_ms - latest_ms);
  }
  return "";
}

// Goes through the first parts of the changes, from none of them to all.
std::string Model::recover(const Observations& observed, const Time& now) {
  renewals_.clear();
  std::string first_wrong;
  std::map<std::string, std::string> wrong;  // By path, of those that are.
  const auto look = [&](const std::string& path, const StreamPtr& stream) {
    const auto found = observed.find(path);
    const Observed* const shown = found == observed.end() ? nullptr : &found->second;
    const bool ended = stream && !shown && stream->lifetime->may_have_ended;
    std::string what = ended ? "" : difference(stream, shown);
    if (what.empty() && stream && shown) what = wrong_lifetime(*stream, *shown, now);
    wrong.erase(path);
    if (!what.empty()) wrong[path] = std::move(what);
  };
  for (const auto& [path, shown] : observed)
    look(path, durable(path));
  for (const auto& [path, stream] : durable_)
    look(path, stream);

  size_t count = 0;
  while (!wrong.empty()) {
    if (first_wrong.empty())
      first_wrong = wrong.begin()->first + ": " + wrong.begin()->second;
    if (count == changes_.size()) {
      return fmt::format(
          "no first part of the {} changes on their way explains what is there; "
          "without them {}; with all of them {}: {}",
          changes_.size(), first_wrong, wrong.begin()->first, wrong.begin()->second);
    }
    const Change& change = changes_[count++];
    put(durable_, change.path, change.after);
    look(change.path, change.after);
  }
  changes_.clear();
  take_over(observed, now);
  return "";
}

void Model::take_over(const Observations& observed, const Time& now) {
  std::erase_if(durable_,
                [&](const auto& stream) { return !observed.contains(stream.first); });
  for (const auto& [path, stream] : durable_) {
    const Observed& shown = observed.at(path);
    Lifetime& lifetime = *stream->lifetime;
    if (lifetime.id == 0) learn_id(lifetime, shown.id);
    lifetime.active_ms = shown.active_ms;
    // What is shown now is acknowledged: its end is the one that was computed.
    if (stream->configuration.ttl_seconds) {
      lifetime.promised_ms = now.steady_ms - (now.stream_ms - shown.active_ms);
    }
    lifetime.may_have_ended = stream->may_end(now);
  }
  admitted_ = durable_;
}

}  // namespace durable_streams::simulation
