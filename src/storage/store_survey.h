// Reads every byte of a store and tells what is in it and what is bad.
//
// Reads only, takes no lock; a server may be running on the directory meanwhile
// (store_layout.h). Takes memory for one segment and a few hundred bytes a
// stream, and a few dozen descriptors.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "storage/store_layout.h"
#include "storage/stream_ledger.h"

namespace durable_streams::storage {

// What one unit of the log holds.
struct SurveyedUnit {
  std::string name;
  uint64_t file_bytes = 0;
  uint64_t records = 0;
  UnitSummary summary;
};

struct StoreSurvey {
  StoreLayout layout;
  std::vector<SurveyedUnit> units;  // As layout.units.
  std::vector<Damage> damage;       // In the order of the log.
  StreamLedger ledger;
  uint64_t records = 0;
  uint64_t torn_bytes = 0;  // Left by a crash, or just being written.
  int64_t newest_ms = 0;    // Stream time.
  uint64_t next_stream_id = 1;

  bool is_sound() const { return damage.empty(); }
};

// Keeps the files of the newest units open, `kept_max` of them, and opens the others
// one at a time: those seldom change, and if one has gone, a run stands for it and it
// all begins anew.
//
// Errors: those of read_layout(). Damage is none.
[[nodiscard]] Result<StoreSurvey> survey_store(FileSystem& file_system,
                                               const std::string& data_dir,
                                               size_t kept_max = 32);

// What the streams and their records take up.
struct StoreTotals {
  uint64_t streams = 0;        // That exist.
  uint64_t ended_streams = 0;  // Of which there still are records.
  uint64_t live_bytes = 0;     // That readers can get.
  uint64_t dead_bytes = 0;     // Records of ended streams, and trimmed data.
  uint64_t file_bytes = 0;     // All files; what is neither live nor dead is overhead.

  // How much log the runs stand for, and how much was written to runs for it: to
  // those that are there and to those that they were made of. Without runs of earlier
  // versions, which don't tell.
  uint64_t tidied_log_bytes = 0;
  uint64_t tidier_bytes = 0;
};
StoreTotals totals_of(const StoreSurvey& survey);

}  // namespace durable_streams::storage
