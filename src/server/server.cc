#include "server/server.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "http/listener.h"
#include "server/descriptor_limit.h"
#include "server/serving_thread.h"

namespace durable_streams::server {
namespace {

Cors cors_of(const ServerConfig& config) {
  const auto& origins = config.cors_origins;
  if (std::find(origins.begin(), origins.end(), "*") != origins.end())
    return Cors::any();
  if (origins == std::vector<std::string>{"loopback"}) return Cors::loopback();
  return Cors::only(origins);
}

ServingLimits limits_of(const ServerConfig& config) {
  ServingLimits limits;
  limits.long_poll_timeout_ms = config.long_poll_timeout_ms;
  limits.sse_lifetime_ms = config.sse_reconnect_interval_ms;
  return limits;
}

http::ConnectionOptions connection_options_of(const ServerConfig& config) {
  http::ConnectionOptions options;
  options.parser.body_bytes_max = config.body_bytes_max;
  return options;
}

bool lacks_address_family(const Error& error) {
  return error.code == std::errc::address_not_available ||
         error.code == std::errc::address_family_not_supported;
}

}  // namespace

Server::Server(const ServerConfig& config, storage::Engine& engine,
               const Access& access, const Clock& clock)
    : config_(config),
      engine_(engine),
      cors_(cors_of(config)),
      route_(config.route),
      shared_{engine, access, cors_, route_, limits_of(config)} {
  const size_t count = config.threads > 0
                           ? config.threads
                           : std::max(1u, std::thread::hardware_concurrency());
  for (size_t i = 0; i < count; ++i) {
    threads_.push_back(std::make_unique<ServingThread>(
        shared_, clock, connection_options_of(config_), config_.internal_allowed_ips));
  }
}

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const ServerConfig& config,
                                              storage::Engine& engine,
                                              const Access& access,
                                              const Clock& clock) {
  std::unique_ptr<Server> server(new Server(config, engine, access, clock));
  if (auto listening = server->listen(config); !listening) {
    return fail(std::move(listening).error());
  }
  server->threads_.front()->sweep_expired();
  for (const auto& thread : server->threads_)
    thread->start();
  return server;
}

Result<void> Server::listen(const ServerConfig& config) {
  const size_t connections_max = config.connections_max > 0
                                     ? config.connections_max
                                     : connections_within(raise_descriptor_limit());
  std::vector<http::Lane> lanes, internal_lanes;
  for (const auto& thread : threads_) {
    lanes.push_back({&thread->connections(), &thread->api()});
    internal_lanes.push_back({&thread->connections(), &thread->internal_api()});
  }
  const auto open = [&](const http::Endpoint& endpoint,
                        const std::vector<http::Lane>& on) {
    auto listener = http::Listener::open(endpoint, on, connections_max);
    if (!listener) return Result<void>(fail(std::move(listener).error()));
    addresses_.push_back(http::to_string((*listener)->endpoint()));
    listeners_.push_back(std::move(*listener));
    return Result<void>();
  };

  for (const std::string& address : config.bind) {
    auto opened = open(http::TcpEndpoint{address, config.port}, lanes);
    if (opened) continue;
    if (config.bind_is_default && lacks_address_family(opened.error())) continue;
    return opened;
  }
  if (!config.unix_socket.empty()) {
    auto opened = open(http::UnixEndpoint{config.unix_socket}, lanes);
    if (!opened) return opened;
  }
  if (config.internal_port > 0) {
    for (const std::string& address : config.internal_bind) {
      auto opened =
          open(http::TcpEndpoint{address, config.internal_port}, internal_lanes);
      if (!opened) return opened;
    }
  }
  return {};
}

void Server::stop(int64_t deadline_ms) {
  // Listeners live on the first thread.
  threads_.front()->tell([this] {
    for (const auto& listener : listeners_)
      listener->stop();
  });
  for (const auto& thread : threads_) {
    thread->tell([this, &thread] {
      thread->drain([this] {
        const std::lock_guard lock(drain_mutex_);
        ++threads_drained_;
        drained_.notify_one();
      });
    });
  }
  std::unique_lock lock(drain_mutex_);
  drained_.wait_for(lock, std::chrono::milliseconds(deadline_ms),
                    [this] { return threads_drained_ == threads_.size(); });
  lock.unlock();

  for (const auto& thread : threads_) {
    thread->tell([&thread] { thread->connections().drop(); });
    thread->join();
  }
  // Appends whose clients were cut are carried out all the same.
  engine_.close();
  for (const auto& thread : threads_)
    thread->settle_rest();
}

}  // namespace durable_streams::server
