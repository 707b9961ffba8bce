#include "testing/fake_exchange.h"

#include <utility>

#include "base/assert.h"

namespace durable_streams::testing {

FakeExchange::FakeExchange(http::Method method, std::string target)
    : target_(std::move(target)) {
  request_.method = method;
  const size_t question_mark = target_.find('?');
  request_.path = std::string_view(target_).substr(0, question_mark);
  if (question_mark != std::string::npos) {
    request_.query = std::string_view(target_).substr(question_mark + 1);
  }
  from_peer("127.0.0.1");
  with(http::Field::host, "localhost:4437");
}

FakeExchange& FakeExchange::with(http::Field field, std::string value) {
  std::string& kept = values_[field] = std::move(value);
  request_.fields[static_cast<size_t>(field)] = kept;
  return *this;
}

FakeExchange& FakeExchange::with_body(std::string body_text) {
  request_.body = std::move(body_text);
  return *this;
}

FakeExchange& FakeExchange::from_peer(std::string address) {
  peer_ = std::move(address);
  request_.peer_address = peer_;
  return *this;
}

void FakeExchange::take_head(const http::ResponseHead& head) {
  DS_ASSERT(!answered && !live);
  status = head.status();
  if (head.constant() != nullptr) {
    for (const auto& [name, value] : head.constant()->fields())
      headers[name] = value;
  }
  for (size_t i = 0; i < head.size(); ++i) {
    headers[std::string(head[i].name)] = std::string(head[i].value);
  }
}

void FakeExchange::respond(const http::ResponseHead& head,
                           std::span<const SharedBytes> slices) {
  take_head(head);
  for (const SharedBytes& slice : slices)
    body += slice.view();
  answered = true;
}

void FakeExchange::park(http::ExchangeObserver& observer) {
  DS_ASSERT(!answered && !live && !parked);
  parked = true;
  observer_ = &observer;
}

http::LiveResponse& FakeExchange::start_live(const http::ResponseHead& head,
                                             http::ExchangeObserver& observer) {
  take_head(head);
  live = true;
  observer_ = &observer;
  return *this;
}

void FakeExchange::write(SharedBytes frame) {
  DS_ASSERT(live && !answered);
  body += frame.view();
  frames_.push_back(std::move(frame));
}

void FakeExchange::finish() {
  DS_ASSERT(live && !answered);
  answered = true;
}

void FakeExchange::unblock() {
  writable_ = true;
  observer_->writable();
}

void FakeExchange::client_leaves() {
  observer_->client_gone();
}

}  // namespace durable_streams::testing
