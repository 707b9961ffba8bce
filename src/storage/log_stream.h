// A stream of the log engine: its state, and where its bytes are.
#pragma once

#include "storage/extents.h"
#include "storage/stream_entry.h"

namespace durable_streams::storage {

struct LogDetails {
  Extents extents;  // Of the durable bytes.
};

using LogStream = EntryWith<LogDetails>;
using LogStreamPtr = boost::intrusive_ptr<LogStream>;

// 88 bytes and its path; a million of them shall fit into 300 MB with all that
// belongs to them (bench/README.md, million_streams).
static_assert(sizeof(LogStream) == 88);

}  // namespace durable_streams::storage
