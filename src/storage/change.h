// A change that a stream's lock has admitted, on its way to being durable.
#pragma once

#include <cstdint>

#include "storage/stream_entry.h"

namespace durable_streams::storage {

struct Change {
  EntryPtr stream;

  // Who asked, and waits. Null for a renewal by a read, which nobody waits for.
  Transaction* transaction = nullptr;

  // transaction->unit(); null for a renewal by a read, and for a transaction
  // that only waits for the changes before it.
  protocol::Unit* unit = nullptr;

  protocol::Unit::Kind kind = protocol::Unit::Kind::append;

  // create: the id of the stream that ends by it, an expired one; 0: none.
  uint64_t replaces = 0;

  // Where in the stream the unit's bytes begin.
  uint64_t position = 0;

  // Stream time of the decision.
  int64_t at_ms = 0;

  // Its place in the order of all changes (commit_queue.h).
  uint64_t number = 0;

  // What it counts for in the queue (limits::commit_queue_bytes_max).
  uint64_t queued_bytes = 0;

  bool only_waits() const { return unit == nullptr && transaction != nullptr; }
};

// More than any record takes besides the bytes of its payload, path and ids.
inline constexpr uint64_t change_overhead_bytes = 128;

// The bytes that `unit` will take in memory and on disk, about, never less.
inline uint64_t size_of_change(const protocol::Unit& unit, std::string_view path) {
  uint64_t bytes = change_overhead_bytes + unit.payload.bytes.size();
  // A boundary in a record, and a block's checksum (docs/storage-format.md).
  bytes += unit.payload.boundaries.size() * sizeof(uint32_t);
  bytes += unit.payload.bytes.size() / 4096;
  if (unit.config) bytes += path.size() + unit.config->content_type.size();
  if (unit.producer) bytes += unit.producer->id.size();
  if (unit.stream_seq)
    bytes += unit.stream_seq->scope.size() + unit.stream_seq->value.size();
  return bytes;
}

}  // namespace durable_streams::storage
