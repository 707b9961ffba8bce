// A damaged unit of the log as a source of records to fold: those that verify, and
// in the place of what is lost the records that say so.
#pragma once

#include <memory>
#include <string>

#include "storage/fold_source.h"
#include "storage/store_survey.h"

namespace durable_streams::storage {

// Under this name is what is left of a stream whose own name is lost.
std::string lost_path(uint64_t stream_id);

// Unit `index` of the store, which is to become a run with this header. Takes
// memory for the heads of its records. The references must outlive the source.
// Errors: system codes; next(): Errc::corruption if the records can't be made to
// fit.
[[nodiscard]] Result<std::unique_ptr<FoldSource>> salvage_unit(
    FileSystem& file_system, const StoreSurvey& survey, size_t index,
    const RunHeader& range);

}  // namespace durable_streams::storage
