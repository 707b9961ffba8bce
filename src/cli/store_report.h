// What check, backup and stats tell of a store, for people and for machines.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "storage/store_survey.h"

namespace durable_streams::cli {

// "64.2 MiB"; exact below 1 KiB.
std::string readable_bytes(uint64_t bytes);

// "1 file", "2 files".
std::string counted(uint64_t count, const std::string& noun);

// Lines; `directory` is how the user named it.
std::string check_text(const std::string& directory,
                       const storage::StoreSurvey& survey);
std::string stats_text(const std::string& directory,
                       const storage::StoreSurvey& survey);

// One JSON object and a line break. docs/operations.md lists the fields.
std::string check_json(const std::string& directory,
                       const storage::StoreSurvey& survey);
std::string stats_json(const std::string& directory,
                       const storage::StoreSurvey& survey);

// Indented lines, one for each piece of damage and each of its streams: what is
// lost, and with `fate` what a repair makes of the stream.
using Fate = std::function<std::string(const storage::StreamLoss& loss)>;
std::string damage_text(const std::vector<storage::Damage>& damage,
                        const Fate& fate = {});

}  // namespace durable_streams::cli
