#include "http/socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace durable_streams::http {
namespace {

Transfer failed_transfer() {
  const bool later = errno == EAGAIN || errno == EWOULDBLOCK;
  return {later ? Transfer::Status::would_block : Transfer::Status::failed};
}

}  // namespace

Transfer Socket::receive(std::span<char> into) {
  ssize_t count;
  do {
    count = ::recv(descriptor_, into.data(), into.size(), 0);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return failed_transfer();
  if (count == 0) return {Transfer::Status::ended};
  return {Transfer::Status::done, static_cast<size_t>(count)};
}

Transfer Socket::send(std::span<const iovec> pieces) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());  // sendmsg() only reads it.
  message.msg_iovlen = pieces.size();
  ssize_t count;
  do {
    count = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return failed_transfer();
  return {Transfer::Status::done, static_cast<size_t>(count)};
}

void Socket::shutdown_send() {
  ::shutdown(descriptor_, SHUT_WR);
}

void Socket::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

}  // namespace durable_streams::http
