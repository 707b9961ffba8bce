// The bytes of one connection: what HTTP sessions read and write, and the place
// where TLS will come in (OpenSSL on the descriptor, behind these calls).
//
// Nothing here blocks. Threads: one.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <utility>

namespace durable_streams::http {

// What a transfer came to.
struct Transfer {
  enum class Status {
    done,         // `bytes` > 0 were moved.
    would_block,  // None now; the poller will tell.
    ended,        // Reading only: the peer sends no more.
    failed,       // The connection is dead.
  };
  Status status;
  size_t bytes = 0;
};

// Owns the descriptor, which is non-blocking.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket() { close(); }

  // Fewer bytes than asked for: the kernel has no more at this moment.
  Transfer receive(std::span<char> into);

  // Sends the pieces, in order, as far as the kernel takes them.
  Transfer send(std::span<const iovec> pieces);

  // The peer reads the end of the stream; receiving goes on.
  void shutdown_send();

  void close();
  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

}  // namespace durable_streams::http
