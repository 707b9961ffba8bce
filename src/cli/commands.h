// The commands. Each function adds one to `app`: its arguments, its help with
// examples, and what `chosen` becomes if the command line names it. `chosen`
// outlives the parsing.
#pragma once

#include "cli/context.h"

namespace CLI {
class App;
}

namespace durable_streams::cli {

void add_server(CLI::App& app, Action& chosen);
void add_config(CLI::App& app, Action& chosen);
void add_create(CLI::App& app, Action& chosen);
void add_append(CLI::App& app, Action& chosen);
void add_read(CLI::App& app, Action& chosen);
void add_tail(CLI::App& app, Action& chosen);
void add_head(CLI::App& app, Action& chosen);
void add_close(CLI::App& app, Action& chosen);
void add_delete(CLI::App& app, Action& chosen);
void add_keys(CLI::App& app, Action& chosen);
void add_token(CLI::App& app, Action& chosen);
void add_check(CLI::App& app, Action& chosen);
void add_stats(CLI::App& app, Action& chosen);
void add_backup(CLI::App& app, Action& chosen);
void add_repair(CLI::App& app, Action& chosen);

}  // namespace durable_streams::cli
