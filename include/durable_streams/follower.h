// Reads a stream to its end, and on as it grows.
#pragma once

#include <string>

#include "durable_streams/stream.h"

namespace durable_streams::client {

// Keeps a place in a stream and moves it page by page. At the stream's end it
// waits (long-poll, which carries bytes of every content type exactly).
//
// After an error the place is unchanged: call next() again to resume, with
// nothing missing and nothing doubled.
//
// Threads: used by one thread at a time.
// Lifetime: keeps `stream` by reference.
class Follower {
 public:
  // `offset` as in ReadOptions.
  Follower(Stream& stream, std::string offset);

  // The next page; empty if the server's long-poll timeout passed without
  // data, and of a closed stream's end. After a page with `closed` there is
  // nothing more: it returns that end again.
  [[nodiscard]] Result<Page> next();

  // Where the next page starts.
  const std::string& offset() const { return offset_; }

 private:
  Stream& stream_;
  std::string offset_;
  std::string cursor_;
  bool at_end_ = false;  // The next read may wait.
};

}  // namespace durable_streams::client
