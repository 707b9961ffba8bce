#include "http/output_queue.h"

#include <algorithm>
#include <array>

namespace durable_streams::http {
namespace {

// Pieces handed to the kernel at once; well below its limit (IOV_MAX, 1024).
constexpr size_t gathered_max = 64;

iovec gather(std::string_view bytes) {
  // sendmsg() only reads what an iovec points to.
  return {const_cast<char*>(bytes.data()), bytes.size()};
}

}  // namespace

Transfer send_now(Socket& socket, std::span<const OutputPiece> pieces) {
  size_t sent = 0;
  while (!pieces.empty()) {
    std::array<iovec, gathered_max> vectors;
    const size_t count = std::min(pieces.size(), gathered_max);
    size_t asked = 0;
    for (size_t i = 0; i < count; ++i) {
      vectors[i] = gather(pieces[i].bytes);
      asked += pieces[i].bytes.size();
    }
    const Transfer transfer = socket.send({vectors.data(), count});
    if (transfer.status != Transfer::Status::done) return {transfer.status, sent};
    sent += transfer.bytes;
    if (transfer.bytes < asked) return {Transfer::Status::would_block, sent};
    pieces = pieces.subspan(count);
  }
  return {Transfer::Status::done, sent};
}

void OutputQueue::push_rest(std::span<const OutputPiece> pieces, size_t sent) {
  for (const OutputPiece& piece : pieces) {
    const size_t skipped = std::min(sent, piece.bytes.size());
    sent -= skipped;
    if (skipped == piece.bytes.size()) continue;
    if (piece.owned != nullptr) {
      push(piece.owned->slice(skipped));
    } else {
      push(SharedBytes(std::string(piece.bytes.substr(skipped))));
    }
  }
}

Transfer OutputQueue::send(Socket& socket) {
  size_t sent = 0;
  while (!empty()) {
    std::array<iovec, gathered_max> vectors;
    const size_t count = std::min(pieces_.size() - first_, gathered_max);
    for (size_t i = 0; i < count; ++i)
      vectors[i] = gather(pieces_[first_ + i].view());
    const Transfer transfer = socket.send({vectors.data(), count});
    if (transfer.status != Transfer::Status::done) return {transfer.status, sent};
    drop_front(transfer.bytes);
    sent += transfer.bytes;
  }
  return {Transfer::Status::done, sent};
}

void OutputQueue::drop_front(size_t bytes) {
  while (bytes > 0) {
    SharedBytes& front = pieces_[first_];
    if (bytes < front.size()) {
      front = front.slice(bytes);
      return;
    }
    bytes -= front.size();
    front = {};
    ++first_;
  }
}

}  // namespace durable_streams::http
