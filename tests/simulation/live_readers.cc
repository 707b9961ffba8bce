#include "live_readers.h"

#include <fmt/format.h>

namespace durable_streams::simulation {

LiveReaders::LiveReaders(Server& server, Model& model)
    : server_(server),
      model_(model),
      id_(server.engine().add_listener(*this, server.home())) {}

void LiveReaders::watch(const std::string& path, bool from_tail) {
  const storage::StreamHandle stream = server_.engine().find(path);
  if (!stream) return;
  unwatch(path);
  server_.engine().watch(stream, id_);
  readers_[path] = {stream, from_tail ? stream->snapshot().tail.position : 0};
  // A change that was durable before is not told of: look once.
  moved_.insert(stream.get());
  read_on();
}

void LiveReaders::unwatch(const std::string& path) {
  const auto found = readers_.find(path);
  if (found == readers_.end()) return;
  server_.engine().unwatch(*found->second.stream, id_);
  readers_.erase(found);
}

void LiveReaders::tails_moved(std::span<const storage::StreamHandle> streams) noexcept {
  for (const storage::StreamHandle& stream : streams)
    moved_.insert(stream.get());
}

uint64_t LiveReaders::read_on() {
  uint64_t bytes = 0;
  for (auto at = readers_.begin(); at != readers_.end();) {
    const auto next = std::next(at);
    if (moved_.contains(at->second.stream.get())) {
      bytes += read_on(at->first, at->second);
      if (has_ended(at->second)) unwatch(at->first);
    }
    at = next;
  }
  moved_.clear();
  return bytes;
}

uint64_t LiveReaders::read_on(const std::string& path, Reader& reader) {
  uint64_t bytes = 0;
  for (;;) {
    const storage::Snapshot snapshot = reader.stream->snapshot();
    if (has_ended(reader)) return bytes;
    const auto page =
        server_.read(*reader.stream, {snapshot.stream_id, reader.position}, 4096);
    if (!page) throw Failure(path + ", live: " + page.error().message());
    const StreamPtr expected = model_.durable(path);
    for (const SharedBytes& chunk : page->chunks) {
      if (!expected ||
          expected->bytes.compare(reader.position, chunk.size(), chunk.view()) != 0) {
        throw Failure(
            fmt::format("{}, live: other bytes at {}", path, reader.position));
      }
      reader.position += chunk.size();
      bytes += chunk.size();
    }
    if (page->at_tail) return bytes;
    if (page->chunks.empty()) throw Failure(path + ", live: an empty page");
  }
}

bool LiveReaders::has_ended(const Reader& reader) const {
  return !reader.stream->snapshot().exists || server_.is_hidden(*reader.stream);
}

void LiveReaders::check_nobody_waits() const {
  for (const auto& [path, reader] : readers_) {
    if (server_.is_hidden(*reader.stream)) continue;  // Told of by the next sweep.
    const storage::Snapshot snapshot = reader.stream->snapshot();
    if (!snapshot.exists) throw Failure(path + ", live: nobody told of its end");
    if (snapshot.tail.position != reader.position)
      throw Failure(path + ", live: nobody told of its new tail");
  }
}

}  // namespace durable_streams::simulation
