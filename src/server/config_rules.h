// What settings mean together: computed defaults, and combinations that a
// server refuses.
#pragma once

#include "server/config_load.h"

namespace durable_streams::server {

// Completes `loaded.config`, in which every value is already valid by itself,
// and adds what is wrong with the whole to its errors and warnings. `given`
// tells who said what.
void apply_rules(const std::vector<GivenSetting>& given, const Environment& environment,
                 LoadedConfig& loaded);

}  // namespace durable_streams::server
