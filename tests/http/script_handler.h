// A handler whose answer depends on the request's path, and which keeps what it
// saw.
//
//   /echo      200, body "<method> <path>?<query> <body>"
//   /status/N  N, with the body "text" (the transport decides whether it goes out)
//   /large/N   200, N bytes in pieces
//   /hold      no answer; the test gives it
//   /park      park(); the test answers
//   /live      start_live(); the test writes and finishes
//   /deny      accept_head() answers 401
//   /chatty    200 with fields that fight the transport's own
//
// Threads: the transport's, but for wait_…() and take_…(), which are the test's.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "http/exchange.h"

namespace durable_streams::http::testing {

struct SeenRequest {
  Method method = Method::other;
  std::string method_text;
  std::string path;
  std::string query;
  std::map<std::string, std::string> fields;
  std::string body;
  std::string peer_address;
};

// A request that waits for its answer. Touch exchange and live on the I/O
// thread only (RunningServer::on_io).
class HeldExchange final : public ExchangeObserver {
 public:
  void client_gone() override;
  void writable() override;

  // For tests: wait until it has happened (a minute at most).
  bool wait_until_gone();
  bool wait_until_writable_again();
  int times_gone();

  Exchange* exchange = nullptr;
  LiveResponse* live = nullptr;
  // Called by client_gone(), on the I/O thread.
  std::function<void()> when_gone;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int times_gone_ = 0;
  int times_writable_ = 0;
};

class ScriptHandler final : public Handler {
 public:
  bool accept_head(Exchange& exchange) override;
  void handle(Exchange& exchange) override;
  void refuse(Exchange& exchange, int status, std::string_view code,
              std::string_view reason) override;

  // The next request that was handed to handle(), in order.
  SeenRequest wait_request();
  // The next one that waits for an answer. The handler owns it, for its life.
  HeldExchange& wait_held();

  size_t handled();
  size_t heads_accepted();

 private:
  void note(const Request& request);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<SeenRequest> requests_;
  std::deque<std::unique_ptr<HeldExchange>> held_;
  size_t next_held_ = 0;
  size_t handled_ = 0;
  size_t heads_accepted_ = 0;
};

}  // namespace durable_streams::http::testing
