// Looking a stream up for a read: live, or a 404 that will stay true.
#pragma once

#include "server/operations.h"
#include "storage/engine.h"

namespace durable_streams::server {

// The stream that `request` names, as readers may see it; null if the request
// was answered, or will be (a stream past its time is expired durably first,
// then the request gets its 404; if it was renewed meanwhile, `again` runs).
// Moves from `request` only when it returns null.
storage::StreamHandle find_stream(StreamRequest& request, void (*again)(StreamRequest));

}  // namespace durable_streams::server
