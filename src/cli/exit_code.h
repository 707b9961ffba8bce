// How a command ends. Part of the interface: scripts rely on these numbers, and
// `durable-streams help` lists them.
#pragma once

#include "durable_streams/error.h"

namespace durable_streams::cli {

enum ExitCode : int {
  success = 0,
  failure = 1,          // Anything that has no number of its own.
  usage = 2,            // A bad command line or configuration; nothing was done.
  not_found = 3,        // No such stream, or no longer (404, 410).
  conflict = 4,         // Closed, or another configuration or sequence (409).
  not_allowed = 5,      // No token, a bad one, or one without the right (401, 403).
  unreachable = 6,      // No server, no answer, or one that can't do it now.
  outcome_unknown = 7,  // The answer to a change got lost: it may have happened.
  damaged = 8,          // Data on the disk is not what was written.
  interrupted = 130,    // By SIGINT.
  broken_pipe = 141,    // Nobody reads the output any more; said to nobody.
};

ExitCode exit_code_of(const client::Error& error);

}  // namespace durable_streams::cli
