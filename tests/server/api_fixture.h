// A whole server without a network: the real handlers on a memory engine, a
// clock that the test moves, and exchanges that the test fills in.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "server/api.h"
#include "storage/memory_engine.h"
#include "testing/fake_exchange.h"
#include "testing/manual_clock.h"

namespace durable_streams::server {

class ApiFixture : public ::testing::Test {
 protected:
  ApiFixture()
      : ApiFixture(std::make_unique<Access>(Access::Open::to_loopback_hosts)) {}

  explicit ApiFixture(std::unique_ptr<Access> access) : access_(std::move(access)) {}

  using Exchange = testing::FakeExchange;

  // Starts a request; what waits for the engine is settled.
  void begin(Exchange& exchange) {
    if (api_.accept_head(exchange)) api_.handle(exchange);
    settle();
  }

  void settle() {
    while (io_.completions().drain() > 0) {
    }
  }

  // Time passes; timers fire.
  void pass_ms(int64_t ms) {
    clock_.advance(ms);
    io_.timers().advance(clock_.steady_ms());
    settle();
  }

  std::unique_ptr<Exchange> exchange(http::Method method, const std::string& target) {
    return std::make_unique<Exchange>(method, target);
  }

  std::unique_ptr<Exchange> put(const std::string& name,
                                const std::string& type = "application/json") {
    auto request = exchange(http::Method::put, url(name));
    request->with(http::Field::content_type, type);
    begin(*request);
    return request;
  }

  std::unique_ptr<Exchange> post(const std::string& name, const std::string& body,
                                 const std::string& type = "application/json") {
    auto request = exchange(http::Method::post, url(name));
    request->with(http::Field::content_type, type).with_body(body);
    begin(*request);
    return request;
  }

  std::unique_ptr<Exchange> close(const std::string& name) {
    auto request = exchange(http::Method::post, url(name));
    request->with(http::Field::stream_closed, "true");
    begin(*request);
    return request;
  }

  std::unique_ptr<Exchange> get(const std::string& name_and_query) {
    auto request = exchange(http::Method::get, url(name_and_query));
    begin(*request);
    return request;
  }

  std::unique_ptr<Exchange> head(const std::string& name) {
    auto request = exchange(http::Method::head, url(name));
    begin(*request);
    return request;
  }

  std::unique_ptr<Exchange> remove(const std::string& name) {
    auto request = exchange(http::Method::del, url(name));
    begin(*request);
    return request;
  }

  static std::string url(const std::string& name) { return "/v1/streams/" + name; }

  testing::ManualClock clock_;
  std::unique_ptr<storage::Engine> engine_ = storage::make_memory_engine(clock_);
  std::unique_ptr<Access> access_;
  Cors cors_ = Cors::loopback();
  StreamRoute route_{"/v1/streams/*"};
  SharedContext shared_{*engine_, *access_, cors_, route_, {}};
  http::IoThread io_{clock_};
  ThreadContext context_{shared_, io_};
  Api api_{context_};
};

}  // namespace durable_streams::server
