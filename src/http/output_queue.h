// Bytes on their way to a socket: sent at once as far as the kernel takes them,
// the rest kept. Exists only while a connection is blocked.
//
// Threads: one.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/shared_bytes.h"
#include "http/socket.h"

namespace durable_streams::http {

// One piece of an answer. Bytes of a passing buffer (`owned` empty) are copied
// if they have to wait.
struct OutputPiece {
  std::string_view bytes;
  const SharedBytes* owned = nullptr;
};

class OutputQueue {
 public:
  void push(SharedBytes bytes) {
    if (!bytes.empty()) pieces_.push_back(std::move(bytes));
  }
  // Keeps `pieces` without their first `sent` bytes.
  void push_rest(std::span<const OutputPiece> pieces, size_t sent);

  // Sends until the queue is empty (done, with the bytes sent by this call), or
  // the kernel takes no more (would_block, likewise), or the connection fails.
  Transfer send(Socket& socket);

  bool empty() const { return first_ == pieces_.size(); }

 private:
  void drop_front(size_t bytes);

  std::vector<SharedBytes> pieces_;
  size_t first_ = 0;  // Pieces before it are sent.
};

// Sends `pieces` as one answer. Returns done with their whole size, or
// would_block with how much was taken, or failed.
Transfer send_now(Socket& socket, std::span<const OutputPiece> pieces);

}  // namespace durable_streams::http
