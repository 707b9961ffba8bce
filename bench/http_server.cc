// The transport alone: a server that answers every request at once, for
// measuring what HTTP itself costs (bench/README.md).
//
//   http_server <port> [threads]
//
// POST → 204, GET /live → an answer that never ends, anything else → 200.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "http/listener.h"

namespace {

using namespace durable_streams;
using namespace durable_streams::http;

IoThread* first_thread = nullptr;

// A reader that gets nothing and stays until it goes.
class IdleReader final : public ExchangeObserver {
 public:
  static void begin(Exchange& exchange, const ConstantFields& constant) {
    auto* const reader = new IdleReader;
    reader->live_ = &exchange.start_live(ResponseHead(200, &constant), *reader);
  }

  void client_gone() override {
    live_->finish();
    delete this;
  }
  void writable() override {}

 private:
  LiveResponse* live_ = nullptr;
};

class NullHandler final : public Handler {
 public:
  bool accept_head(Exchange&) override { return true; }

  void handle(Exchange& exchange) override {
    if (exchange.request().path == "/live") {
      IdleReader::begin(exchange, constant_);
    } else if (exchange.request().method == Method::post) {
      exchange.respond(ResponseHead(204, &constant_));
    } else {
      const SharedBytes body = SharedBytes::literal("hello\n");
      exchange.respond(ResponseHead(200, &constant_), {&body, 1});
    }
  }

  void refuse(Exchange& exchange, int status, std::string_view,
              std::string_view) override {
    exchange.respond(ResponseHead(status, &constant_));
  }

 private:
  const ConstantFields constant_{std::vector<std::pair<std::string, std::string>>{
      {"x-content-type-options", "nosniff"}}};
};

}  // namespace

int main(int argc, char** argv) {
  const int port = argc > 1 ? std::atoi(argv[1]) : 23000;
  const int threads = argc > 2 ? std::atoi(argv[2]) : 1;
  std::vector<std::unique_ptr<IoThread>> io;
  std::vector<std::unique_ptr<NullHandler>> handlers;
  std::vector<std::unique_ptr<ConnectionSet>> sets;
  std::vector<Lane> lanes;
  for (int i = 0; i < threads; ++i) {
    io.push_back(std::make_unique<IoThread>(system_clock()));
    handlers.push_back(std::make_unique<NullHandler>());
    sets.push_back(std::make_unique<ConnectionSet>(*io.back(), ConnectionOptions{}));
    lanes.push_back({sets.back().get(), handlers.back().get()});
  }
  auto listener =
      Listener::open(TcpEndpoint{"127.0.0.1", static_cast<uint16_t>(port)}, lanes);
  if (!listener) {
    std::fprintf(stderr, "%s\n", listener.error().message().c_str());
    return 1;
  }
  first_thread = io.front().get();
  std::signal(SIGTERM, [](int) { first_thread->stop(); });
  std::vector<std::thread> others;
  for (size_t i = 1; i < io.size(); ++i)
    others.emplace_back([&, i] { io[i]->run(); });
  io.front()->run();
  for (size_t i = 1; i < io.size(); ++i)
    io[i]->stop();
  for (std::thread& thread : others)
    thread.join();
}
