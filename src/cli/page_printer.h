// Prints pages of a stream as a pipe wants them.
#pragma once

#include "cli/context.h"
#include "durable_streams/stream.h"

namespace durable_streams::cli {

enum class PageForm {
  lines,  // Of a JSON stream: each message on a line. Of others: the bytes.
  raw,    // The pages as the server sent them.
};

// Writes the page at once. `success`, or the exit code of what failed (already
// said).
int print_page(const client::Page& page, PageForm form, Context& context);

}  // namespace durable_streams::cli
