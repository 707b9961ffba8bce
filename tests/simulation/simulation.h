// Runs a plan: a server's lives on one disk, requests, reads and trouble, each
// answer and all that is shown compared with the model.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dice.h"
#include "history.h"
#include "live_readers.h"
#include "model.h"
#include "plan.h"
#include "server.h"

namespace durable_streams::simulation {

struct Outcome {
  std::optional<std::string> failure;  // What was promised and not kept.
  History history;
  uint64_t changes = 0;                     // Acknowledged.
  std::map<std::string, uint64_t> crashes;  // By what they interrupted.
};

Outcome run(const Plan& plan);

// A plan's run. Use run().
class Simulation {
 public:
  Simulation(const Plan& plan, Outcome& outcome);
  // Whoever still waits for the engine outlives it.
  ~Simulation();

  // Throws Failure.
  void live();

 private:
  void open(const Life& life);
  void survive_opening(const Trouble& trouble);
  Result<void> start_with_space();
  void free_disk();
  bool is_for_want_of_space(const Error& error) const;
  void compare_with_model();
  void end(const Life& life);
  void note_crash();

  void act(const Action& action);
  void do_act(const Action& action);
  void create(Dice& dice);
  void append(Dice& dice, const std::string& path);
  void close(Dice& dice);
  void remove(Dice& dice);
  void read(Dice& dice);
  void read_page(Dice& dice);
  void inspect(Dice& dice);
  void watch(Dice& dice);
  void commit_all();
  void tidy();
  void sweep();
  void check_settled_wall();
  void advance(Dice& dice);
  void wait_long();
  void step_wall(Dice& dice);
  void fill_disk(Dice& dice);

  AppendCall make_append_call(Dice& dice, const StreamPtr& stream);
  ProducerClaim make_claim(Dice& dice, const StreamPtr& stream);
  std::string make_payload(Dice& dice, std::vector<uint32_t>& boundaries);

  // Asks, and takes in what is settled at once.
  void ask(const std::string& path, RequestPtr request, Decision expected);
  // Takes in what was settled.
  void take_in();
  void take_in(Request& request);
  bool step();
  bool is_in_trouble() const;

  // What a reader finds at `path`; null where there is nothing, or no more.
  storage::StreamHandle find_alive(const std::string& path);
  std::string pick_path(Dice& dice);

  const Plan& plan_;
  Outcome& outcome_;
  History& history_;
  Server server_;
  Model model_;
  std::vector<std::string> paths_;
  std::unique_ptr<LiveReaders> live_readers_;
  std::vector<RequestPtr> asked_;  // And not settled, in order.
  Time opened_;
  std::deque<Time> sweeps_;  // In this life.
  bool disk_is_small_ = false;
  bool was_in_trouble_ = false;  // In this life.
  uint64_t payloads_ = 0;
};

}  // namespace durable_streams::simulation
