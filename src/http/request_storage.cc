#include "http/request_storage.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"

namespace durable_streams::http {
namespace {

static_assert(RequestStorage::input_bytes >= 2 * limits::header_bytes_max,
              "a body must find room behind the largest header section");

// A body's memory that is kept for the next request.
constexpr size_t kept_body_bytes_max = 64 * 1024;

}  // namespace

void RequestStorage::begin_request(const ParserLimits& limits, const Peer& peer) {
  set_peer(peer);
  parser_.emplace(request_, limits);
}

void RequestStorage::set_peer(const Peer& peer) {
  if (!(peer == peer_)) {
    peer_ = peer;
    peer_text_bytes_ = peer.print(peer_text_.data(), peer_text_.size());
  }
  request_.peer_address = {peer_text_.data(), peer_text_bytes_};
}

bool RequestStorage::end_request() {
  parser_.reset();
  const size_t left = end_ - begin_;
  if (left > 0) std::memmove(input_.data(), input_.data() + begin_, left);
  begin_ = 0;
  end_ = left;
  head_end_ = 0;
  request_.method = Method::other;
  request_.method_text = request_.path = request_.query = {};
  for (auto& field : request_.fields)
    field.reset();
  request_.body.clear();
  request_.secure = false;
  return left > 0;
}

void RequestStorage::clear() {
  end_request();
  end_ = 0;
  if (request_.body.capacity() > kept_body_bytes_max) std::string().swap(request_.body);
}

H1Parser::Step RequestStorage::parse() {
  size_t consumed = 0;
  const H1Parser::Step step =
      parser_->parse({input_.data() + begin_, end_ - begin_}, consumed);
  begin_ += consumed;
  if (step == H1Parser::Step::head_done) head_end_ = begin_;
  return step;
}

bool RequestStorage::skip_empty_lines() {
  while (end_ - begin_ >= 2 && input_[begin_] == '\r' && input_[begin_ + 1] == '\n') {
    begin_ += 2;
  }
  const size_t left = end_ - begin_;
  const bool half_a_line = left == 1 && input_[begin_] == '\r';
  if (left > 0 && !half_a_line) return true;
  // Back to the front: endless empty lines must not fill the buffer.
  if (half_a_line) input_[0] = '\r';
  begin_ = 0;
  end_ = left;
  return false;
}

std::span<char> RequestStorage::free_space() {
  if (head_end_ > 0 && begin_ > head_end_) {
    // Body bytes were copied out: the room behind the header section is free.
    const size_t left = end_ - begin_;
    if (left == 0 || end_ == input_.size()) {
      std::memmove(input_.data() + head_end_, input_.data() + begin_, left);
      begin_ = head_end_;
      end_ = head_end_ + left;
    }
  }
  return {input_.data() + end_, input_.size() - end_};
}

std::unique_ptr<RequestStorage> RequestStoragePool::take() {
  // Without value-initialisation: the input buffer need not be zeroed.
  if (free_.empty()) return std::unique_ptr<RequestStorage>(new RequestStorage);
  std::unique_ptr<RequestStorage> storage = std::move(free_.back());
  free_.pop_back();
  return storage;
}

void RequestStoragePool::give_back(std::unique_ptr<RequestStorage> storage) {
  storage->clear();
  if (free_.size() < kept_max) free_.push_back(std::move(storage));
}

}  // namespace durable_streams::http
