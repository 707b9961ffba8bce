#include "workload.h"

#include <fmt/format.h>

#include <functional>

namespace durable_streams::storage {
namespace {

constexpr const char* paths[] = {"a", "b", "c", "d", "e", "f"};

Step create(const char* path, protocol::StreamConfig config = {},
            std::string initial = {}) {
  return {Step::Kind::create, path, std::move(config), std::move(initial), {}};
}
Step append(const char* path, std::string bytes, AppendExtras extras = {}) {
  return {Step::Kind::append, path, {}, std::move(bytes), std::move(extras)};
}
Step remove(const char* path) {
  return {Step::Kind::remove, path, {}, {}, {}};
}
Step commit() {
  return {};
}

AppendExtras by(const char* id, uint64_t epoch, uint64_t seq) {
  return {.producer = protocol::ProducerTuple{id, epoch, seq}};
}

std::string line(const std::string& path, const PlainStream& stream) {
  const protocol::StreamConfig& config = stream.config;
  std::string text = fmt::format(
      "{}: {} {} bytes, {:x}{}", path, config.content_type, stream.bytes.size(),
      std::hash<std::string>{}(stream.bytes), stream.closed ? ", closed" : "");
  if (config.ttl_seconds) text += fmt::format(", ttl {}", *config.ttl_seconds);
  if (config.expires_at_ms) text += fmt::format(", until {}", *config.expires_at_ms);
  for (const auto& [id, state] : stream.producers) {
    text += fmt::format(", {}={}.{}", id, state.first, state.second);
  }
  for (const auto& [scope, value] : stream.stream_seqs) {
    text += fmt::format(", {}:{}", scope, value);
  }
  return text + ", by " + stream.closed_by + "\n";
}

void apply(PlainStore& store, const Step& step) {
  PlainStream& stream = store[step.path];
  if (step.kind == Step::Kind::remove || step.kind == Step::Kind::expire) {
    store.erase(step.path);
    return;
  }
  if (step.kind == Step::Kind::create) {
    stream = {};
    stream.config = step.config;
  }
  stream.bytes += step.bytes;
  if (const auto& producer = step.extras.producer) {
    stream.producers[producer->id] = {producer->epoch, producer->seq};
    if (step.extras.closes) stream.closed_by = producer->id;
  }
  if (const auto& seq = step.extras.stream_seq)
    stream.stream_seqs[seq->scope] = seq->value;
  stream.closed = stream.closed || step.extras.closes;
}

// What the engine shows of a stream: bytes and closure as readers see them, the
// rest as the next decision will.
PlainStream stream_of(EngineDriver& streams, const std::string& path) {
  PlainStream plain;
  plain.bytes = streams.read_all(path);
  plain.config = streams.engine().find(path)->config();
  plain.closed = streams.snapshot(path).closed;
  TestTransaction look(streams.home().queue,
                       [&](const protocol::StreamState* state, const protocol::Moment&,
                           protocol::Unit&) {
                         if (state == nullptr) return Transaction::Verdict::no_change;
                         state->writers.each_producer([&](const auto& producer) {
                           plain.producers[std::string(producer.id)] = {
                               producer.state.epoch, producer.state.last_seq};
                         });
                         state->writers.each_stream_seq([&](auto scope, auto value) {
                           plain.stream_seqs[std::string(scope)] = value;
                         });
                         if (const auto closed_by = state->writers.closed_by())
                           plain.closed_by = closed_by->id;
                         if (state->tail_position != plain.bytes.size())
                           plain.bytes += " and another tail";
                         return Transaction::Verdict::no_change;
                       });
  streams.engine().transact(path, look);
  streams.home().run_until([&] { return look.is_settled; }, [&] { streams.pump(); });
  return plain;
}

// False if it is unknown whether one of the changes is there.
bool settle(EngineDriver& streams, std::vector<std::pair<Pending, Step>>& pending,
            RunResult& result) {
  bool all_known = true;
  for (const auto& [transaction, step] : pending) {
    const Settlement settlement = streams.settle(transaction).settlement;
    if (settlement == Settlement::unavailable || settlement == Settlement::unchanged) {
      ++result.refused;
      continue;
    }
    result.admitted.push_back(step);
    all_known = all_known && settlement == Settlement::committed;
    if (all_known) ++result.acknowledged;
  }
  pending.clear();
  return all_known;
}

}  // namespace

std::vector<Step> workload() {
  std::vector<Step> steps{
      create("a", {.content_type = "text/plain"}),
      commit(),
      append("a", "one,"),
      append("a", "two,"),
      create("b", {}, "initial"),
      append("b", "x", by("p", 0, 0)),
      append("a", "three,"),
      commit(),
      append("b", "y", by("p", 0, 1)),
      append("a", "four,", {.stream_seq = protocol::ScopedSeq{"app", "0001"}}),
      commit(),
      append("a", std::string(3000, 'l')),
      commit(),
      append("b", std::string(2500, 'm'), by("p", 1, 0)),
      remove("b"),
      create("b", {.content_type = "application/json"}),
      append("b", "[],", by("p", 0, 0)),
      commit(),
      append("a", std::string(70'000, 'z'), {.boundaries = {65'536}}),
      append("b", "{},", by("q", 7, 0)),
      commit(),
  };
  AppendExtras closing = by("closer", 3, 0);
  closing.closes = true;
  steps.push_back(append("a", "last words", closing));
  steps.push_back(commit());
  steps.push_back(create("c", {.ttl_seconds = 60}));
  steps.push_back(remove("a"));
  for (int i = 0; i < 12; ++i) {
    steps.push_back(append("c", std::string(300, static_cast<char>('A' + i))));
    if (i % 3 == 2) steps.push_back(commit());
  }
  steps.push_back(append("b", "", {.closes = true}));
  steps.push_back(create("a", {}, "born again"));
  steps.push_back(commit());
  steps.push_back(append("a", " and again"));
  steps.push_back(commit());
  return steps;
}

std::vector<Step> tidied_workload() {
  std::vector<Step> steps;
  const auto tidy = [&] {
    steps.push_back(commit());
    steps.push_back({.kind = Step::Kind::tidy});
  };
  for (Step& step : workload()) {
    const bool is_commit = step.kind == Step::Kind::commit;
    steps.push_back(std::move(step));
    if (is_commit) tidy();
  }
  // "c" has a TTL of a minute.
  steps.push_back({.kind = Step::Kind::pass, .ms = 20'000});
  steps.push_back({.kind = Step::Kind::renew, .path = "c"});
  steps.push_back(append("a", "later"));
  tidy();
  for (int round = 0; round < 4; ++round) {
    for (const char* path : {"d", "e", "f"}) {
      steps.push_back(create(path, {.ttl_seconds = 9}));
      steps.push_back(append(path, std::string(900, static_cast<char>('0' + round)),
                             by("p", static_cast<uint64_t>(round), 0)));
    }
    steps.push_back(append("a", std::string(2'000, static_cast<char>('k' + round))));
    tidy();
    steps.push_back({.kind = Step::Kind::expire, .path = "e"});
    steps.push_back(remove("d"));
    if (round < 3) steps.push_back(remove("f"));
    tidy();
  }
  // "f" is past its TTL: another takes its place, and goes, and one that stays comes.
  steps.push_back({.kind = Step::Kind::pass, .ms = 10'000});
  steps.push_back(create("f", {.content_type = "text/plain"}, "in its place"));
  steps.push_back(commit());
  steps.push_back(remove("f"));
  for (int round = 0; round < 2; ++round) {  // Until a run tells of the two alone.
    steps.push_back(append("a", std::string(5'000, static_cast<char>('s' + round))));
    tidy();
  }
  steps.push_back(create("f", {.expires_at_ms = 4'102'444'800'000}, "the last"));
  steps.push_back({.kind = Step::Kind::expire, .path = "c"});
  tidy();
  return steps;
}

RunResult run_workload(EngineDriver& streams, const std::vector<Step>& steps,
                       Surroundings surroundings) {
  RunResult result;
  std::vector<std::pair<Pending, Step>> pending;
  for (const Step& step : steps) {
    switch (step.kind) {
      case Step::Kind::create:
        pending.emplace_back(streams.begin_create(step.path, step.config, step.bytes),
                             step);
        break;
      case Step::Kind::append:
        pending.emplace_back(streams.begin_append(step.path, step.bytes, step.extras),
                             step);
        break;
      case Step::Kind::remove:
        pending.emplace_back(streams.begin_remove(step.path), step);
        break;
      case Step::Kind::expire:
        pending.emplace_back(streams.begin_expire(step.path), step);
        break;
      case Step::Kind::renew:
        if (const StreamHandle stream = streams.engine().find(step.path))
          streams.engine().renew(*stream);
        break;
      case Step::Kind::pass:
        surroundings.clock->advance(step.ms);
        break;
      case Step::Kind::tidy:
        // What fails here is no change: a tidier's troubles lose nothing.
        while (surroundings.engine->tidy_step().value_or(false))
          continue;
        break;
      case Step::Kind::commit:
        if (!settle(streams, pending, result)) return result;
        break;
    }
  }
  return result;
}

std::string describe(const PlainStore& store) {
  std::string text;
  for (const auto& [path, stream] : store)
    text += line(path, stream);
  return text;
}

std::string describe(EngineDriver& streams) {
  std::string text;
  for (const char* path : paths) {
    if (streams.exists(path)) text += line(path, stream_of(streams, path));
  }
  return text;
}

std::string describe_after(const std::vector<Step>& steps, size_t count) {
  PlainStore store;
  for (size_t i = 0; i < count; ++i)
    apply(store, steps[i]);
  return describe(store);
}

int matching_prefix(EngineDriver& streams, const RunResult& result) {
  const std::string found = describe(streams);
  for (size_t count = result.acknowledged; count <= result.admitted.size(); ++count) {
    if (describe_after(result.admitted, count) == found) return static_cast<int>(count);
  }
  return -1;
}

}  // namespace durable_streams::storage
