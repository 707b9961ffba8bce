#include "load.h"

#include <fmt/format.h>

#include <utility>

#include "server_process.h"

namespace durable_streams::process {
namespace {

void merge(ClientBook& into, ClientBook& from) {
  for (auto& [key, life] : from.lives) {
    StreamLife& whole = into.lives[key];
    whole.path = key.first;
    whole.number = key.second;
    whole.closed |= life.closed;
    whole.deleted |= life.deleted;
    whole.attempts.merge(life.attempts);
    for (Observation& seen : life.observations)
      whole.observations.push_back(std::move(seen));
  }
  into.faults.insert(into.faults.end(), from.faults.begin(), from.faults.end());
  into.acked_appends += from.acked_appends;
  into.retries += from.retries;
  into.refusals_checked += from.refusals_checked;
}

}  // namespace

Load::Load(const std::string& base_url, const LoadOptions& options) {
  Dice dice(options.seed);
  std::vector<std::string> shared, all;
  for (int i = 0; i < 3; ++i)
    shared.push_back(fmt::format("{}/shared-{}", options.prefix, i));
  all = shared;
  for (uint32_t w = 0; w < options.writers; ++w) {
    std::vector<std::string> own;
    for (int i = 0; i < 4; ++i)
      own.push_back(fmt::format("{}/writer-{}/{}", options.prefix, w, i));
    all.insert(all.end(), own.begin(), own.end());
    writers_.emplace_back(base_url, fmt::format("writer-{}", w), own, shared,
                          dice.below(UINT64_MAX));
  }
  for (uint32_t w = 0; w < options.watchers; ++w) {
    watchers_.emplace_back(base_url, fmt::format("watcher-{}", w), all,
                           dice.below(UINT64_MAX));
  }
  for (Writer& writer : writers_)
    threads_.emplace_back([&] { writer.run(stop_); });
  for (Watcher& watcher : watchers_)
    threads_.emplace_back([&] { watcher.run(stop_); });
}

uint64_t Load::acknowledged() const {
  uint64_t count = 0;
  for (const Writer& writer : writers_)
    count += writer.acknowledged();
  return count;
}

bool Load::wait_for_more(uint64_t count) const {
  const uint64_t goal = acknowledged() + count;
  return wait_until([&] { return acknowledged() >= goal; });
}

ClientBook& Load::stop() {
  if (stop_.exchange(true)) return book_;
  for (std::thread& thread : threads_)
    thread.join();
  for (Writer& writer : writers_)
    merge(book_, writer.book());
  for (Watcher& watcher : watchers_)
    merge(book_, watcher.book());
  return book_;
}

void check_book(const std::string& base_url, ClientBook& book, Dice dice) {
  read_all(base_url, book.lives, book, dice);
  for (const auto& [key, life] : book.lives) {
    for (std::string& fault : faults_of(life))
      book.faults.push_back(std::move(fault));
  }
}

}  // namespace durable_streams::process
