// What a server is told to do: the result of defaults, file and flags
// (config_load.h), already checked and complete.
//
// Plain values. Durations are milliseconds, sizes bytes. Every field except
// exit_with_parent is one row of the table in config_settings.cc, which gives
// it its key in the file, its flag and its sentence in docs/configuration.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "server/address_range.h"

namespace durable_streams::server {

enum class StorageEngine { log, memory };
enum class LogFormat { console, json };
enum class LogLevel { trace, debug, info, warn, error, off };

// Who may use the public listeners.
enum class AuthMode {
  // No `auth` in the configuration: loopback addresses only, loopback Host and
  // Origin only.
  loopback,
  // `auth: none`: everybody who can reach the server may do everything.
  none,
  // `auth: {verify_key: …}`: ES256 tokens.
  tokens,
};

struct ServerConfig {
  // The public listeners: each address of `bind` (numeric, at least one) at
  // `port` (> 0).
  uint16_t port = 4437;
  std::vector<std::string> bind;
  // True if nobody named `bind`: an address family that this machine lacks may
  // then be left out.
  bool bind_is_default = true;
  // Another door for the same machine; empty for none.
  std::string unix_socket;

  // "/v1/streams/*": what stands for `*` is the stream's name.
  std::string route = "/v1/streams/*";

  // The name browsers use; needs TLS. Empty for none.
  std::string domain;
  // PEM files; both or neither.
  std::string tls_cert;
  std::string tls_key;

  AuthMode auth = AuthMode::loopback;
  // With AuthMode::tokens: a PEM file, a directory of them, or a JWKS file.
  std::string auth_verify_key;
  // What `iss` and `aud` must be; empty: not checked.
  std::string auth_issuer;
  std::string auth_audience;

  // The plain HTTP listener for app servers; none if `internal_port` is 0.
  uint16_t internal_port = 0;
  std::vector<std::string> internal_bind;
  // Peers outside these get 403.
  std::vector<AddressRange> internal_allowed_ips;

  // Origins that browsers may read answers from, as they stand in `Origin`;
  // "*": all; "loopback": any port of localhost, 127.0.0.1, [::1]. At least one.
  std::vector<std::string> cors_origins;

  StorageEngine engine = StorageEngine::log;
  std::string data_dir;
  // 0: the log is not tidied.
  uint64_t tidy_bytes_per_second = uint64_t{64} * 1024 * 1024;
  int64_t long_poll_timeout_ms = 30'000;
  int64_t sse_reconnect_interval_ms = 60'000;

  LogFormat log_format = LogFormat::console;
  LogLevel log_level = LogLevel::info;

  // I/O threads; 0: as many as cores.
  uint32_t threads = 0;
  // How long a stopping server waits for requests in flight.
  int64_t drain_timeout_ms = 10'000;

  uint64_t body_bytes_max = limits::body_bytes_max;
  // Client connections at once; 0: as many as file descriptors allow.
  uint32_t connections_max = 0;

  // Stop when the process that started this one has gone (flag only).
  bool exit_with_parent = false;
};

}  // namespace durable_streams::server
