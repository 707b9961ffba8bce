// A stream of the log engine: its state, and where its bytes are.
#pragma once

#include <memory>

#include "storage/extents.h"
#include "storage/recent_bytes.h"
#include "storage/stream_entry.h"

namespace durable_streams::storage {

class LogStream final : public StreamEntry {
 public:
  using StreamEntry::StreamEntry;

  Extents extents;                      // Of the durable bytes.
  std::unique_ptr<RecentBytes> recent;  // While somebody watches.
};

}  // namespace durable_streams::storage
