// Makes a damaged store one that opens again, and says exactly what was given up.
//
// Every segment up to the last damaged one, and every damaged run, is folded into
// a run (storage/fold_run.h) from its records that verify. Nothing is changed in
// place, nothing is invented, and no file after the damage is touched.
//
//   bytes in the middle lost     The stream begins behind them now (410 before):
//                                its newest bytes, tail, producers and closure
//                                stay, and no offset ever means other bytes.
//   the creation lost            Nobody knows the name: what is left is under
//                                lost+found/<stream id>.
//   the deletion lost            If the place shows that one record, it is done;
//                                else the stream is there again: nothing in the
//                                store says that it was deleted.
//
// Before, all files are linked to `damaged-<time>` inside the directory, or copied
// where a server will change them: that is the store as it was, and stays it. FORMAT
// comes last there: without it, it is unfinished. A repair that was interrupted leaves
// each file as it was or rewritten; the next one goes on, and keeps what it finds in a
// directory of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "storage/store_survey.h"

namespace durable_streams::storage {

struct RepairReport {
  std::string kept_in;  // Where the files as they were are, below the directory.
  std::vector<std::string> replaced;  // Files, below the directory.
  StoreSurvey before;
  StoreSurvey after;  // Sound.
};

// The directory must not be in use. A sound one is left alone: `replaced` is
// empty.
//
// Errors: Errc::locked, those of read_layout(), Errc::corruption if what is left
// can't be made sound; system codes. After an error `kept_in` may be there; the
// store opens as before, or is repaired.
[[nodiscard]] Result<RepairReport> repair_store(FileSystem& file_system,
                                                const std::string& data_dir,
                                                const Clock& clock);

}  // namespace durable_streams::storage
