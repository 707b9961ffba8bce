// bin/simulate: hunts for broken promises, or replays one seed.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

#include "shrink.h"
#include "simulation.h"

namespace {

using namespace durable_streams::simulation;

struct Totals {
  uint64_t seeds = 0;
  uint64_t lives = 0;
  uint64_t changes = 0;
  std::map<std::string, uint64_t> crashes;
  std::vector<std::pair<uint64_t, std::string>> failures;

  void add(const Plan& plan, const Outcome& outcome) {
    ++seeds;
    lives += plan.lives.size();
    changes += outcome.changes;
    for (const auto& [what, count] : outcome.crashes)
      crashes[what] += count;
    if (outcome.failure) failures.emplace_back(plan.seed, *outcome.failure);
  }

  void print() const {
    fmt::print("{} seeds, {} lives, {} changes acknowledged\n", seeds, lives, changes);
    uint64_t sum = 0;
    for (const auto& [what, count] : crashes)
      sum += count;
    fmt::print("{} crashes, at {} kinds of operation:\n", sum, crashes.size());
    for (const auto& [what, count] : crashes)
      fmt::print("{:>9}  {}\n", count, what);
    fmt::print("{} failed\n", failures.size());
    for (const auto& [seed, what] : failures)
      fmt::print("  --seed {}: {}\n", seed, what);
  }
};

void print_history(const History& history) {
  for (const std::string& line : history.lines())
    fmt::print("{}\n", line);
}

// Runs one seed, tells all of it, and on a failure the smallest plan that fails.
int replay(uint64_t seed, bool quiet) {
  const Plan plan = make_plan(seed);
  const Outcome outcome = run(plan);
  if (!quiet) print_history(outcome.history);
  fmt::print("seed {}, history {:016x}: {}\n", seed, outcome.history.hash(),
             outcome.failure ? "FAILED: " + *outcome.failure : "passed");
  if (!outcome.failure) return 0;

  const Plan small = shrink(plan);
  fmt::print("\nThe smallest plan that fails; segments of {} bytes, {} paths:\n",
             small.segment_bytes, small.paths);
  for (const Life& life : small.lives) {
    for (const Trouble& opening : life.openings)
      fmt::print("- start that meets: {}\n", describe(opening));
    fmt::print("- life with: {}{}\n", describe(life.trouble),
               life.clean_stop ? ", clean stop" : "");
    for (const Action& action : life.actions)
      fmt::print("    {}\n", name_of(action.kind));
  }
  fmt::print("\nIts history:\n");
  print_history(run(small).history);
  return 1;
}

int hunt(uint64_t first, uint64_t count, unsigned jobs) {
  std::atomic<uint64_t> next{first};
  std::mutex mutex;
  Totals totals;  // Guarded by mutex.
  const auto work = [&] {
    for (uint64_t seed = next++; seed < first + count; seed = next++) {
      const Plan plan = make_plan(seed);
      const Outcome outcome = run(plan);
      const std::lock_guard lock(mutex);
      totals.add(plan, outcome);
      if (outcome.failure) {
        fmt::print("--seed {}: {}\n", seed, *outcome.failure);
        std::fflush(stdout);
      }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < jobs; ++i)
    threads.emplace_back(work);
  for (std::thread& thread : threads)
    thread.join();
  totals.print();
  return totals.failures.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Hunts for broken promises of the storage engine by simulation.");
  uint64_t seed = 0;
  uint64_t seeds = 300;
  uint64_t first = 1;
  unsigned jobs = 1;
  bool quiet = false;
  CLI::Option* const one =
      app.add_option("--seed", seed, "Replay this seed and tell its history");
  app.add_option("--seeds", seeds, "How many seeds to run")->capture_default_str();
  app.add_option("--first", first, "The first of them")->capture_default_str();
  app.add_option("--jobs", jobs, "How many at a time")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_flag("--quiet", quiet, "With --seed: only the result");
  CLI11_PARSE(app, argc, argv);
  return one->count() > 0 ? replay(seed, quiet) : hunt(first, seeds, jobs);
}
