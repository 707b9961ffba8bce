// torture: a server under load is killed, stopped, ended and given a full disk,
// over and over; then everything that its clients did and saw is checked.
//
//   torture --server build/release/durable-streams [--rounds N] [--seconds N]
//
// Each round has its own streams. Prints what was done; exit status 1 if a promise
// was broken, and then the directory with the server's data and log is kept.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "load.h"
#include "server_process.h"

namespace durable_streams::process {
namespace {

using Clock = std::chrono::steady_clock;

struct TortureOptions {
  ServerOptions server;
  uint32_t rounds = 2;
  uint32_t seconds = 45;  // Of each round.
  uint32_t writers = 4;
  uint32_t watchers = 3;
  uint64_t seed = std::random_device{}();
};

struct Totals {
  uint64_t kills = 0, kills_in_recovery = 0, ends = 0, stops = 0, full_disks = 0;
  uint64_t appends = 0, retries = 0, refusals = 0, lives = 0, observed = 0;
};

class Torture {
 public:
  explicit Torture(TortureOptions options)
      : options_(std::move(options)),
        dice_(options_.seed),
        server_(options_.server, port_.number()) {}

  // False if a promise was broken.
  bool run() {
    server_.start();
    bool sound = server_.wait_until_up();
    if (!sound) complain("the server does not start");
    for (uint32_t round = 1; sound && round <= options_.rounds; ++round)
      sound = run_round(round);
    report();
    return sound && did_enough();
  }

 private:
  using Trouble = void (Torture::*)();

  bool run_round(uint32_t round) {
    Load load(server_.base_url(), {.prefix = fmt::format("round-{}", round),
                                   .writers = options_.writers,
                                   .watchers = options_.watchers,
                                   .seed = dice_.below(UINT64_MAX)});
    const bool alive = make_trouble();
    ClientBook& book = load.stop();
    return alive && check(book);
  }

  // Until the round is over. False if the server can't be brought back.
  bool make_trouble() {
    static constexpr Trouble kinds[] = {
        &Torture::kill_server, &Torture::kill_server,  &Torture::kill_in_recovery,
        &Torture::end_server,  &Torture::stop_a_while, &Torture::fill_disk};
    const auto end = Clock::now() + std::chrono::seconds(options_.seconds);
    while (Clock::now() < end) {
      pause(200, 2'500);
      (this->*kinds[dice_.below(std::size(kinds))])();
      if (!server_.running()) server_.start();
      if (!server_.wait_until_up()) {
        complain("the server does not come back");
        return false;
      }
    }
    return true;
  }

  void kill_server() {
    server_.kill();
    ++totals_.kills;
  }
  void kill_in_recovery() {
    kill_server();
    server_.start();
    pause(1, 60);
    server_.kill();
    ++totals_.kills_in_recovery;
  }
  void end_server() {
    server_.signal(SIGTERM);
    if (const int status = server_.wait_for_end(); status != 0)
      complain(fmt::format("SIGTERM ended the server with status {}", status));
    if (server_.running()) server_.kill();
    ++totals_.ends;
  }
  void stop_a_while() {
    server_.signal(SIGSTOP);
    pause(200, 3'000);
    // As when a stopped machine is switched off.
    if (dice_.one_in(3)) {
      kill_server();
    } else {
      server_.signal(SIGCONT);
    }
    ++totals_.stops;
  }
  void fill_disk() {
    const std::string flag = options_.server.directory + "/full_disk";
    std::ofstream(flag).close();
    pause(500, 3'000);
    if (dice_.one_in(3)) {  // It must start on a full disk, too.
      kill_server();
      server_.start();
      pause(200, 1'000);
    }
    std::filesystem::remove(flag);
    ++totals_.full_disks;
  }

  void pause(uint64_t least_ms, uint64_t most_ms) {
    std::this_thread::sleep_for(
        std::chrono::milliseconds(least_ms + dice_.below(most_ms - least_ms)));
  }

  bool check(ClientBook& book) {
    check_book(server_.base_url(), book, Dice(dice_.below(UINT64_MAX)));
    for (const auto& [key, life] : book.lives) {
      for (const Observation& seen : life.observations)
        totals_.observed += seen.events.size();
      if (life.deleted) continue;
      if (auto gone = open_stream(server_.base_url(), life.path).remove(); !gone)
        book.faults.push_back(life.path + ": delete: " + gone.error().message);
    }
    totals_.appends += book.acked_appends;
    totals_.retries += book.retries;
    totals_.refusals += book.refusals_checked;
    totals_.lives += book.lives.size();
    constexpr size_t shown_max = 50;
    for (size_t i = 0; i < std::min(book.faults.size(), shown_max); ++i)
      complain(book.faults[i]);
    if (book.faults.size() > shown_max)
      complain(fmt::format("and {} more", book.faults.size() - shown_max));
    return book.faults.empty() && !complained_;
  }

  void complain(const std::string& sentence) {
    complained_ = true;
    fmt::print("BROKEN  {}\n", sentence);
  }

  void report() const {
    fmt::print(
        "{} streams, {} appends acknowledged after {} repetitions, {} refusals, {} "
        "events read live\n"
        "{} kills, {} more during recovery, {} ends, {} stops, {} full disks\n"
        "seed {}\n",
        totals_.lives, totals_.appends, totals_.retries, totals_.refusals,
        totals_.observed, totals_.kills, totals_.kills_in_recovery, totals_.ends,
        totals_.stops, totals_.full_disks, options_.seed);
  }

  // A run in which little happened proves little.
  bool did_enough() const {
    const bool enough = totals_.kills > 0 && totals_.appends > 500 &&
                        totals_.refusals > 10 && totals_.observed > 500;
    if (!enough) fmt::print("BROKEN  too little happened to prove anything\n");
    return enough;
  }

  const TortureOptions options_;
  Dice dice_;
  const ReservedPort port_;
  ServerProcess server_;
  Totals totals_;
  bool complained_ = false;
};

int run(int argc, char** argv) {
  TortureOptions options;
  std::string parent = std::filesystem::temp_directory_path();
  CLI::App app("Kills a server under load and checks that it keeps its promises.");
  app.add_option("--server", options.server.binary, "The binary.")->required();
  app.add_option("--bad-disk", options.server.preload,
                 "The library that makes a disk full, and interrupts calls.");
  app.add_option("--directory", parent, "Where to make the test's directory.");
  app.add_option("--rounds", options.rounds, "How many rounds.");
  app.add_option("--seconds", options.seconds, "How long each lasts.");
  app.add_option("--writers", options.writers, "Threads that write.");
  app.add_option("--watchers", options.watchers, "Threads that read.");
  app.add_option("--seed", options.seed, "Of the choices; times still vary.");
  app.add_option("arguments", options.server.arguments,
                 "More for the server, after --.");
  CLI11_PARSE(app, argc, argv);

  std::string directory = parent + "/durable-streams-torture-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) {
    std::perror(directory.c_str());
    return 2;
  }
  options.server.directory = directory;
  const bool sound = Torture(options).run();
  if (sound) {
    std::filesystem::remove_all(directory);
  } else {
    fmt::print("kept: {}\n", directory);
  }
  return sound ? 0 : 1;
}

}  // namespace
}  // namespace durable_streams::process

int main(int argc, char** argv) {
  return durable_streams::process::run(argc, argv);
}
