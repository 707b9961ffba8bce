// Folds a source into a run: the loop between the two.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/fold_source.h"
#include "storage/run_writer.h"

namespace durable_streams::storage {

struct FoldTarget {
  FileSystem& file_system;
  std::string directory;
  uint64_t salt = 0;
  LogPosition log_end;  // Where the durable log ends now.

  // The ids of all streams that have not ended by then, ascending; the data of
  // others is left out. Null: not known.
  const std::vector<uint64_t>* live = nullptr;

  RunWriter::Pace pace;
};

// A run with everything in it but its footer: finish() makes it whole.
// Errors: those of FoldSource and RunWriter.
[[nodiscard]] Result<std::unique_ptr<RunWriter>> fold_into_run(FoldSource& source,
                                                               FoldTarget target);

}  // namespace durable_streams::storage
