// Makes a plan that fails smaller: leaves out lives, troubles and actions as long
// as it still fails.
#pragma once

#include "plan.h"

namespace durable_streams::simulation {

// `plan` fails. O(actions · log actions) runs, at most `runs_max`.
Plan shrink(Plan plan, size_t runs_max = 2'000);

}  // namespace durable_streams::simulation
