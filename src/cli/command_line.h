// From arguments to a command, and from the command to an exit code.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"

namespace durable_streams::cli {

// Runs what `arguments` (without the program's name) ask for. Says everything
// through `context`; throws nothing.
int run_command_line(const std::vector<std::string>& arguments, Context& context);

}  // namespace durable_streams::cli
