#include "script_handler.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

namespace durable_streams::http::testing {
namespace {

constexpr auto wait_bound = std::chrono::minutes(1);

template <class Ready>
bool wait(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
          Ready ready) {
  return changed.wait_for(lock, wait_bound, ready);
}

void respond(Exchange& exchange, int status, const std::string& body) {
  const SharedBytes bytes{std::string(body)};
  exchange.respond(ResponseHead(status, nullptr), {&bytes, 1});
}

// "/status/304" → 304.
size_t number_behind(std::string_view path, std::string_view prefix) {
  return std::strtoul(std::string(path.substr(prefix.size())).c_str(), nullptr, 10);
}

}  // namespace

void HeldExchange::client_gone() {
  if (when_gone) when_gone();
  const std::lock_guard lock(mutex_);
  ++times_gone_;
  changed_.notify_all();
}

void HeldExchange::writable() {
  const std::lock_guard lock(mutex_);
  ++times_writable_;
  changed_.notify_all();
}

bool HeldExchange::wait_until_gone() {
  std::unique_lock lock(mutex_);
  return wait(changed_, lock, [this] { return times_gone_ > 0; });
}

bool HeldExchange::wait_until_writable_again() {
  std::unique_lock lock(mutex_);
  return wait(changed_, lock, [this] { return times_writable_ > 0; });
}

int HeldExchange::times_gone() {
  const std::lock_guard lock(mutex_);
  return times_gone_;
}

bool ScriptHandler::accept_head(Exchange& exchange) {
  {
    const std::lock_guard lock(mutex_);
    ++heads_accepted_;
    changed_.notify_all();
  }
  EXPECT_TRUE(exchange.request().body.empty());
  if (exchange.request().path != "/deny") return true;
  respond(exchange, 401, "denied");
  return false;
}

void ScriptHandler::note(const Request& request) {
  SeenRequest seen{request.method,
                   std::string(request.method_text),
                   std::string(request.path),
                   std::string(request.query),
                   {},
                   request.body,
                   std::string(request.peer_address)};
  for (size_t i = 0; i < field_count; ++i) {
    const auto field = static_cast<Field>(i);
    if (const auto value = request.field(field)) {
      seen.fields[std::string(field_name(field))] = std::string(*value);
    }
  }
  const std::lock_guard lock(mutex_);
  requests_.push_back(std::move(seen));
  ++handled_;
  changed_.notify_all();
}

void ScriptHandler::handle(Exchange& exchange) {
  const Request& request = exchange.request();
  note(request);
  const std::string path(request.path);
  if (path == "/hold" || path == "/park" || path == "/live") {
    auto held = std::make_unique<HeldExchange>();
    held->exchange = &exchange;
    if (path == "/park") exchange.park(*held);
    if (path == "/live") {
      held->live = &exchange.start_live(ResponseHead(200, nullptr), *held);
    }
    const std::lock_guard lock(mutex_);
    held_.push_back(std::move(held));
    changed_.notify_all();
  } else if (path.starts_with("/status/")) {
    respond(exchange, static_cast<int>(number_behind(path, "/status/")), "text");
  } else if (path.starts_with("/large/")) {
    const size_t size = number_behind(path, "/large/");
    const SharedBytes piece(std::string(10'000, 'x'));
    std::vector<SharedBytes> pieces;
    for (size_t left = size; left > 0;) {
      pieces.push_back(piece.slice(0, left));
      left -= pieces.back().size();
    }
    exchange.respond(ResponseHead(200, nullptr), pieces);
  } else if (path == "/chatty") {
    ResponseHead head(200, nullptr);
    head.add("content-length", 999).add("connection", "upgrade").add("x-mine", "yes");
    head.add("date", "today").add("x-evil", "a\r\nset-cookie: b");
    const SharedBytes body = SharedBytes::literal("abc");
    exchange.respond(head, {&body, 1});
  } else {
    respond(exchange, 200,
            std::string(request.method_text) + " " + path + "?" +
                std::string(request.query) + " " + request.body);
  }
}

void ScriptHandler::refuse(Exchange& exchange, int status, std::string_view code,
                           std::string_view) {
  respond(exchange, status, std::string(code));
}

SeenRequest ScriptHandler::wait_request() {
  std::unique_lock lock(mutex_);
  if (!wait(changed_, lock, [this] { return !requests_.empty(); })) {
    ADD_FAILURE() << "no request came";
    return {};
  }
  SeenRequest request = std::move(requests_.front());
  requests_.pop_front();
  return request;
}

HeldExchange& ScriptHandler::wait_held() {
  std::unique_lock lock(mutex_);
  if (!wait(changed_, lock, [this] { return next_held_ < held_.size(); })) {
    ADD_FAILURE() << "no exchange waits";
    std::abort();  // Tests could only go on with a null reference.
  }
  return *held_[next_held_++];
}

size_t ScriptHandler::handled() {
  const std::lock_guard lock(mutex_);
  return handled_;
}

size_t ScriptHandler::heads_accepted() {
  const std::lock_guard lock(mutex_);
  return heads_accepted_;
}

}  // namespace durable_streams::http::testing
