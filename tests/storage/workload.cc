#include "workload.h"

#include <fmt/format.h>

#include <functional>

namespace durable_streams::storage {
namespace {

constexpr const char* paths[] = {"a", "b", "c"};

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
  std::string text = fmt::format(
      "{}: {} {} bytes, {:x}{}", path, stream.content_type, stream.bytes.size(),
      std::hash<std::string>{}(stream.bytes), stream.closed ? ", closed" : "");
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
  if (step.kind == Step::Kind::remove) {
    store.erase(step.path);
    return;
  }
  if (step.kind == Step::Kind::create) {
    stream = {};
    stream.content_type = step.config.content_type;
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
  plain.content_type = streams.engine().find(path)->config().content_type;
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

RunResult run_workload(EngineDriver& streams, const std::vector<Step>& steps) {
  RunResult result;
  std::vector<Pending> pending;
  for (const Step& step : steps) {
    switch (step.kind) {
      case Step::Kind::create:
        pending.push_back(streams.begin_create(step.path, step.config, step.bytes));
        break;
      case Step::Kind::append:
        pending.push_back(streams.begin_append(step.path, step.bytes, step.extras));
        break;
      case Step::Kind::remove:
        pending.push_back(streams.begin_remove(step.path));
        break;
      case Step::Kind::commit:
        break;
    }
    if (step.kind != Step::Kind::commit) {
      result.admitted.push_back(step);
      continue;
    }
    for (const Pending& one : pending) {
      const Receipt receipt = streams.settle(one);
      if (receipt.settlement != Settlement::committed) return result;
      ++result.acknowledged;
    }
    pending.clear();
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
