// How many files and sockets this process may have open.
#pragma once

#include <cstddef>

namespace durable_streams::server {

// Raises the soft limit to the hard one, and returns it. Never fails: where
// raising is refused the present limit stays.
size_t raise_descriptor_limit();

// How many of `descriptors` clients may have, the rest being for the log and for
// what the process opens itself.
size_t connections_within(size_t descriptors);

}  // namespace durable_streams::server
