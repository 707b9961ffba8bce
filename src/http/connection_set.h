// The connections of one I/O thread: counts, drains and drops them, and owns
// what they share (request storage, the head writer).
//
// Threads: the IoThread's, except where said otherwise.
// Lifetime: the IoThread and the handlers outlive the set.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/completion_queue.h"
#include "base/limits.h"
#include "http/exchange.h"
#include "http/h1_head.h"
#include "http/io_thread.h"
#include "http/peer.h"
#include "http/request_storage.h"
#include "http/session.h"
#include "http/socket.h"

namespace durable_streams::http {

// What a client may do to us; each bound with its default in base/limits.h.
struct ConnectionOptions {
  ParserLimits parser{limits::header_bytes_max, limits::header_count_max,
                      limits::body_bytes_max};
  int64_t header_timeout_ms = limits::header_timeout_ms;
  int64_t body_timeout_ms = limits::body_timeout_ms;
  int64_t idle_timeout_ms = limits::idle_timeout_ms;
  int64_t write_timeout_ms = limits::write_timeout_ms;
  int64_t linger_timeout_ms = limits::linger_timeout_ms;
};

class ConnectionSet final : private Completion {
 public:
  // `options.parser.header_bytes_max` <= limits::header_bytes_max (asserted).
  ConnectionSet(IoThread& io, const ConnectionOptions& options);

  // Connections left are cut, handlers that still owe an answer hear nothing
  // more and must not give it: let drain() or drop() come first.
  ~ConnectionSet();

  // Takes a connection over that expect() counted.
  void adopt(Socket socket, const Peer& peer, Handler& handler);

  // Counts a connection that adopt() will bring, so that whoever deals
  // connections to several sets sees it at once. From any thread.
  void expect() { size_.fetch_add(1, std::memory_order_relaxed); }
  // The expected connection does not come. From any thread.
  void unexpect() { size_.fetch_sub(1, std::memory_order_relaxed); }

  // Connections here or expected. From any thread.
  size_t size() const { return size_.load(std::memory_order_relaxed); }

  // Closes idle connections now, the others after the answer that they wait
  // for; live answers go on until their handlers see draining(). For good.
  // `when_empty` runs once, from here or later, when no connection is left; it
  // must not destroy the set.
  void drain(std::function<void()> when_empty);
  bool draining() const { return draining_; }

  // Ends all connections (after drain()'s deadline). Those whose handlers owe
  // an answer still count until it is given.
  void drop();

  IoThread& io() { return io_; }

  // For sessions:
  const ConnectionOptions& options() const { return options_; }
  RequestStoragePool& storages() { return storages_; }
  H1HeadWriter& head_writer() { return head_writer_; }
  // Bytes that nobody wants are read to here.
  std::span<char> scratch() { return scratch_; }
  // Calls session.run_deferred() soon, from no handler's stack. Idempotent.
  void defer(Session& session);
  // Ends and frees it.
  void destroy(Session& session);

 private:
  void complete() noexcept override;  // Runs what was deferred.
  void report_if_empty();
  void for_each(void (Session::*action)());

  IoThread& io_;
  const ConnectionOptions options_;
  RequestStoragePool storages_;
  H1HeadWriter head_writer_;
  std::atomic<size_t> size_{0};
  Session* first_ = nullptr;
  bool draining_ = false;
  bool deferral_posted_ = false;
  std::function<void()> when_empty_;
  std::vector<Session*> deferred_;  // Null where the session has ended.
  std::vector<Session*> running_;   // Those whose turn it is.
  std::array<char, 16 * 1024> scratch_;
};

}  // namespace durable_streams::http
