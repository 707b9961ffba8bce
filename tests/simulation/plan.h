// What one simulation will do, decided by its seed before it begins: the lives of
// a server on one disk, what clients ask for in each, and how each ends.
//
// A plan is data, so that a failing one can be made smaller (shrink.h): an
// action's own random choices come from its `chance` alone, not from what was
// before it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testing/simulated_disk.h"

namespace durable_streams::simulation {

struct Action {
  enum class Kind : uint8_t {
    create,
    append,
    burst,  // Several appends at once, to few streams.
    close,
    remove,
    read,       // All of a stream, page by page; renews its TTL.
    read_page,  // One page from some offset, valid or not.
    inspect,    // What the next decision will see.
    watch,
    unwatch,
    commit,      // One batch.
    commit_all,  // Until nothing is left to do.
    tidy,        // One job of the tidier's.
    sweep,       // What is past its time is ended.
    advance,     // Time passes.
    wait_long,   // More than an hour, with sweeps.
    step_wall,   // Somebody sets the wall clock.
    fill_disk,
    free_disk,
  };
  static constexpr size_t kinds = 19;

  Kind kind = Kind::commit_all;
  uint64_t chance = 0;
};
const char* name_of(Action::Kind kind);

// What goes wrong, once, at the disk's operation or look number `at`.
struct Trouble {
  enum class Kind : uint8_t { none, power_cut, killed, failed_operation, failed_look };
  Kind kind = Kind::none;
  uint64_t at = 0;
  int error_number = 0;
  testing::Fate fate;  // After a power cut.

  bool ends_process() const { return kind == Kind::power_cut || kind == Kind::killed; }
};
std::string describe(const Trouble& trouble);

// One life of the server.
struct Life {
  std::vector<Trouble> openings;  // Tries to open that come to an early end.
  Trouble trouble;                // Counted from when it is open.
  std::vector<Action> actions;
  bool clean_stop = false;  // If the trouble lets it come so far.
  bool stays_full = false;  // The next one finds the disk full, if it was.
};

struct Plan {
  uint64_t seed = 0;
  uint64_t segment_bytes = 0;
  uint64_t reserve_bytes = 0;
  size_t open_files_max = 1;
  size_t fan_in = 2;  // Of the tidier.
  size_t paths = 1;
  size_t payload_bytes_max = 1;
  std::vector<Life> lives;
};

Plan make_plan(uint64_t seed);

}  // namespace durable_streams::simulation
