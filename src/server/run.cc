#include "server/run.h"

#include <fmt/format.h>
#include <malloc.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <thread>

#include "auth/token_verifier.h"
#include "base/file_system.h"
#include "server/logging.h"
#include "server/open_engine.h"
#include "server/process_signals.h"
#include "server/server.h"

namespace durable_streams::server {
namespace {

Result<std::unique_ptr<Access>> open_access(const ServerConfig& config) {
  if (config.auth == AuthMode::loopback) {
    return std::make_unique<Access>(Access::Open::to_loopback_hosts);
  }
  if (config.auth == AuthMode::none)
    return std::make_unique<Access>(Access::Open::to_all);
  auto verifier = auth::TokenVerifier::open(
      {config.auth_verify_key, config.auth_issuer, config.auth_audience},
      posix_file_system());
  if (!verifier) return fail(std::move(verifier).error());
  return std::make_unique<Access>(std::move(*verifier));
}

void announce(const ServerConfig& config, const Server& server) {
  for (const std::string& address : server.addresses()) {
    spdlog::info("listening on {}", address);
  }
  if (config.engine == StorageEngine::memory) {
    spdlog::info("data: in memory only, gone when this process ends");
  } else {
    spdlog::info("data: {} (an append is on the disk before it is answered)",
                 config.data_dir);
  }
  switch (config.auth) {
    case AuthMode::loopback:
      spdlog::info(
          "access: this machine only, no tokens (set auth.verify_key for others)");
      break;
    case AuthMode::none:
      spdlog::warn("access: everybody who can reach this server may do everything");
      break;
    case AuthMode::tokens:
      spdlog::info("access: ES256 tokens, checked with {}", config.auth_verify_key);
      break;
  }
  if (config.auth != AuthMode::tokens) {
    const std::string url =
        fmt::format("http://localhost:{}{}hello", config.port,
                    std::string_view(config.route).substr(0, config.route.size() - 1));
    spdlog::info("try it: curl -X PUT {}", url);
    spdlog::info(
        "        curl -X POST -H 'Content-Type: application/octet-stream' -d hi {}",
        url);
    spdlog::info("        curl {}", url);
  }
}

// Waits for a reason to stop, and looks after what needs looking after.
class Supervision {
 public:
  Supervision(const ServerConfig& config, const storage::Engine& engine,
              const Access& access)
      : config_(config), engine_(engine), access_(access) {}

  // Returns the exit code.
  int run() {
    for (;;) {
      const int signal = signals_.wait(look_interval);
      if (signal == SIGHUP) {
        reread();
      } else if (signal != 0) {
        spdlog::info("stopping on {}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
        return 0;
      }
      if (config_.exit_with_parent && getppid() != parent_) {
        spdlog::info("stopping: the process that started this one has gone");
        return 0;
      }
      if (const auto health = engine_.health(); !health) {
        // Nobody knows what reached the disk: recovery decides at the next start.
        spdlog::critical("stopping: storage failed: {}", health.error().message());
        return 1;
      }
    }
  }

 private:
  static constexpr std::chrono::milliseconds look_interval{500};

  void reread() {
    if (access_.verifier() == nullptr) return;
    if (const auto reread = access_.verifier()->reload(); !reread) {
      spdlog::error("SIGHUP: the keys stay as they are: {}", reread.error().message());
    } else {
      spdlog::info("SIGHUP: keys reread");
    }
  }

  const ServerConfig& config_;
  const storage::Engine& engine_;
  const Access& access_;
  const pid_t parent_ = getppid();
  ProcessSignals signals_;
};

// A process that ends gives its files back one by one: its data directory may be
// free a moment before its port. Only after a takeover: else a port in use is a
// mistake, which is better said at once.
constexpr int64_t port_patience_ms = 5'000;
constexpr int64_t port_poll_ms = 50;

Result<std::unique_ptr<Server>> start_server(const ServerConfig& config,
                                             const OpenedEngine& opened,
                                             const Access& access) {
  const Clock& clock = system_clock();
  const int64_t patience_ends_ms = clock.steady_ms() + port_patience_ms;
  for (bool told = false;; told = true) {
    auto server = Server::start(config, *opened.engine, access, clock);
    if (server || !opened.took_over ||
        server.error().code != std::errc::address_in_use ||
        clock.steady_ms() >= patience_ends_ms) {
      return server;
    }
    if (!told) {
      spdlog::warn("{}; trying again for {} s", server.error().detail,
                   port_patience_ms / 1000);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(port_poll_ms));
  }
}

// Keeps the memory of large buffers, which come and go with a job of the tidier's,
// from staying with the process: left alone, glibc learns from the first ones to
// keep 64 MiB for the next. Buffers of a request are smaller and stay cheap.
void bound_idle_memory() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024);
  ::mallopt(M_TRIM_THRESHOLD, 8 * 1024 * 1024);
#endif
}

int fail_to_start(const Error& error) {
  spdlog::critical("cannot start: {}", error.message());
  return 1;
}

}  // namespace

int run_server(const ServerConfig& config) {
  bound_idle_memory();
  configure_logging(config.log_format, config.log_level);
  signal(SIGPIPE, SIG_IGN);
  spdlog::info("durable-streams {}", DURABLE_STREAMS_VERSION);
  if (!config.tls_cert.empty()) {
    spdlog::critical(
        "cannot start: tls is configured, and this version does not serve TLS yet; put "
        "a "
        "proxy that does in front, and remove domain and tls here");
    return 1;
  }
  auto access = open_access(config);
  if (!access) return fail_to_start(access.error());
  auto opened = open_engine(config);
  if (!opened) return fail_to_start(opened.error());
  auto server = start_server(config, *opened, **access);
  if (!server) {
    opened->engine->close();
    return fail_to_start(server.error());
  }
  announce(config, **server);
  const int exit_code = Supervision(config, *opened->engine, **access).run();
  (*server)->stop(config.drain_timeout_ms);
  spdlog::info("stopped");
  return exit_code;
}

}  // namespace durable_streams::server
