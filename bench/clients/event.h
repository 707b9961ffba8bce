// The event that the load clients write and look for.
#pragma once

#include <string>

namespace durable_streams::bench {

// One byte that stands in an event exactly once, and nowhere in the frames
// around it: counting it counts deliveries.
inline constexpr char message_marker = '~';

// A JSON event of 200 bytes, as a Rails app sends it, with the marker.
std::string event();

}  // namespace durable_streams::bench
