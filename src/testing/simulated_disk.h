// What a simulated disk holds: what is seen of each file, what of it is durable,
// and what is in flight between the two (simulated_file_system.h tells the model).
//
// Threads: callers hold `mutex`.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"

namespace durable_streams::testing {

// What happens to what is in flight at a power cut.
struct Fate {
  enum class Kind {
    lost,           // All of it is.
    kept,           // All of it is.
    torn,           // Each sector of each write is kept or lost by itself.
    reordered,      // Each write is, whole: a later one may stay without an earlier.
    zero_extended,  // As torn, but files have the sizes that they had: zeros for
                    // what was lost. A file system that logs sizes before data.
  };
  Kind kind = Kind::lost;
  size_t sector_bytes = 512;  // For torn and zero_extended.
  uint64_t seed = 0;          // Which ones are kept.
};

// A write or a change of size that is not durable yet.
struct InFlight {
  uint64_t position = 0;
  std::string bytes;
  std::optional<uint64_t> size;  // The file's size instead of bytes.

  uint64_t end() const { return size ? *size : position + bytes.size(); }
};

struct Inode {
  std::string path;     // The newest one.
  std::string seen;     // What reads see.
  std::string durable;  // What a power cut leaves, without what is in flight.
  std::vector<InFlight> in_flight;
  std::vector<InFlight> doomed;  // In flight at a failed sync, and not overwritten.
  bool is_directory = false;
};
using InodePtr = std::shared_ptr<Inode>;

// A name that has changed: null if it was removed.
struct NameChange {
  std::string path;
  InodePtr inode;
  uint64_t group;  // Changes of one operation stay together (rename).
};

// One operation, counted from 1, that fails; 0: none.
struct PlannedFailure {
  uint64_t at = 0;
  int error_number = 0;
};

std::string directory_of(const std::string& path);

class SimulatedDisk {
 public:
  // Counts an operation. An error: it fails, and has no effect unless the power
  // was cut (is_cut()).
  Result<void> begin(const std::string& what);

  // Counts an operation that only looks.
  Result<void> begin_look(const std::string& what);

  // Whether a handle of `opened_in` still works.
  Result<void> check_power(const std::string& what, uint64_t opened_in) const;

  // Opens one more file, if there is a descriptor for it.
  Result<void> take_descriptor(const std::string& what);

  void apply(Inode& inode, InFlight change);
  // What a sync makes durable, and what a failed one makes sure never is.
  void sync(Inode& inode);
  void fail_sync(Inode& inode);
  void sync_names(const std::string& directory);
  // Changes of names by one operation stay together.
  void change_name(const std::string& path, InodePtr inode);

  // How many of `wanted` bytes at the end of `inode` there is room for.
  uint64_t room_for(const Inode& inode, uint64_t wanted) const;
  uint64_t used() const;

  // The power is back: decides what was in flight.
  void power_on(const Fate& fate);
  // A new process finds everything as the old one saw it.
  void restart();

  InodePtr find_file(const std::string& path) const;
  bool has_directory(const std::string& path) const;

  mutable std::mutex mutex;
  std::map<std::string, InodePtr> names;  // As seen.
  std::map<std::string, InodePtr> durable_names;
  std::vector<NameChange> in_flight_names;
  std::set<std::string> locks;
  uint64_t operation = 0;
  uint64_t look = 0;
  uint64_t cut_at = 0;
  std::string cut_operation;
  PlannedFailure failure;
  PlannedFailure look_failure;
  uint64_t capacity = UINT64_MAX;
  size_t descriptors = 0;  // Open files of this generation.
  size_t descriptors_max = SIZE_MAX;
  uint64_t generation = 0;  // Counts power cuts and restarts.
  bool read_only = false;
  bool cut = false;

 private:
  void settle_names(const Fate& fate, std::mt19937_64& random);
  void begin_generation();

  uint64_t operations_ever_ = 0;
};

}  // namespace durable_streams::testing
