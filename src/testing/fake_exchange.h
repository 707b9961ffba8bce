// An exchange without a network: a test fills in a request, hands it to a
// handler, and looks at what was answered.
//
// Threads: as http::Exchange; a test plays the I/O thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "http/exchange.h"

namespace durable_streams::testing {

class FakeExchange final : public http::Exchange, public http::LiveResponse {
 public:
  // `target` is a path with an optional query.
  FakeExchange(http::Method method, std::string target);

  // Sets a request header, before the exchange is handled.
  FakeExchange& with(http::Field field, std::string value);
  FakeExchange& with_body(std::string body);
  FakeExchange& from_peer(std::string address);

  // What came back. `answered`: respond() or finish() was called.
  bool answered = false;
  bool live = false;
  bool parked = false;
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;

  // How many frames were written, and how many of them shared their bytes with
  // a frame written to `other`.
  const std::vector<SharedBytes>& frames() const { return frames_; }

  // Plays the socket: from now on it takes nothing, or everything again.
  void block() { writable_ = false; }
  void unblock();
  // Plays the client's leaving.
  void client_leaves();

  bool has(const std::string& name) const { return headers.contains(name); }
  const std::string& header(const std::string& name) { return headers[name]; }

  // http::Exchange
  http::Request& request() override { return request_; }
  using http::Exchange::respond;
  void respond(const http::ResponseHead& head,
               std::span<const SharedBytes> body) override;
  void park(http::ExchangeObserver& observer) override;
  http::LiveResponse& start_live(const http::ResponseHead& head,
                                 http::ExchangeObserver& observer) override;
  bool draining() const override { return false; }

  // http::LiveResponse
  void write(SharedBytes frame) override;
  bool writable() const override { return writable_; }
  void finish() override;

 private:
  void take_head(const http::ResponseHead& head);

  std::string target_;
  std::string peer_;
  std::map<http::Field, std::string> values_;
  http::Request request_;
  http::ExchangeObserver* observer_ = nullptr;
  std::vector<SharedBytes> frames_;
  bool writable_ = true;
};

}  // namespace durable_streams::testing
