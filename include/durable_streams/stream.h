// A client's view of one durable stream.
//
//   auto stream = Stream::open("http://localhost:4437/v1/streams/log", {});
//   stream->create({.content_type = "application/json"});
//   stream->append(R"({"n":1})", {.content_type = "application/json"});
//   auto page = stream->read({});
//
// Calls block, each within a deadline. A Stream keeps one connection alive and
// opens it again when needed. Redirects are not followed, and the token goes to
// the URL's own host only.
//
// Repeated by itself after a transient failure, within the deadline: head(),
// read(), close() without bytes, and append() with producer headers. Nothing
// else: an append whose answer got lost comes back with `outcome_unknown`.
//
// Threads: distinct streams are independent; one stream is used by one thread
// at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "durable_streams/error.h"

namespace durable_streams::client {

struct Options {
  std::string token = {};  // Sent as a Bearer token if not empty.

  int64_t connect_timeout_ms = 5'000;  // Per address that the host name has.
  // A whole call, repetitions included. A name server that does not answer can
  // make it longer.
  int64_t deadline_ms = 30'000;
  // How long read() with `wait` gives the server to answer; keep it above the
  // server's own long-poll timeout.
  int64_t live_timeout_ms = 120'000;

  int attempts_max = 3;          // Tries in all, where repeating is safe.
  int64_t retry_delay_ms = 100;  // Before the second try; doubles from then on.
};

struct CreateOptions {
  std::string content_type = {};               // Empty: the server's default.
  std::optional<uint64_t> ttl_seconds = {};    // At most one of
  std::optional<std::string> expires_at = {};  // these two; RFC 3339.
  bool closed = false;                         // The stream is complete at once.
};

// Identifies an append, so that repeating it can't append twice. `seq` starts
// at 0 in each epoch and grows by one with each append.
struct Producer {
  std::string id = {};
  uint64_t epoch = 0;
  uint64_t seq = 0;
};

struct AppendOptions {
  std::string content_type = {};  // Must be the stream's.
  std::optional<Producer> producer = {};
  std::string stream_seq = {};  // Must ascend from append to append; empty: none.
  bool close = false;           // These are the last bytes.
};

struct ReadOptions {
  // "-1": the start; "now": what comes from now on; else an offset that the
  // server gave.
  std::string offset = "-1";
  // At the end of an open stream: wait for more (long-poll).
  bool wait = false;
  std::string cursor = {};  // With `wait`: the last page's.
};

struct Created {
  bool is_new = false;  // False: it was there, with the same configuration.
  std::string next_offset;
};

struct Appended {
  bool is_duplicate = false;  // The producer had sent it before.
  bool closed = false;
  std::string next_offset;  // The end of the stream.
};

struct Page {
  std::string body;  // Bytes; of a JSON stream an array of messages.
  std::string content_type;
  std::string next_offset;  // Where the next page starts.
  std::string cursor;       // For the next read with `wait`.
  bool up_to_date = false;  // Nothing more was there when this was sent.
  bool closed = false;      // Nothing more will ever come.
};

struct Metadata {
  std::string content_type;
  std::string next_offset;  // The end of the stream.
  bool closed = false;
  std::string ttl_seconds;  // As the server says; empty if none.
  std::string expires_at;   // Likewise.
};

class Stream {
 public:
  // Checks `url`, connects to nothing. A `token` in the query becomes the
  // token, unless `options` has one; other parameters are refused.
  //
  // Errors:
  //   invalid_argument  not an http:// URL; https:// is not supported yet.
  [[nodiscard]] static Result<Stream> open(std::string_view url, Options options);

  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();

  // Makes the stream, with `body` as its first bytes; fine if it is there with
  // the same configuration (then `body` is not appended).
  // Errors: conflict if it is there with another.
  [[nodiscard]] Result<Created> create(const CreateOptions& options,
                                       std::string_view body = {});

  // Appends `body`, as a whole or not at all; durable when it returns.
  // Errors: closed, conflict, stale_epoch, sequence_gap, not_found ...
  [[nodiscard]] Result<Appended> append(std::string_view body,
                                        const AppendOptions& options);

  // Closes the stream without a last append. Fine if it is closed already.
  [[nodiscard]] Result<Appended> close();

  // One page from `options.offset` on.
  [[nodiscard]] Result<Page> read(const ReadOptions& options);

  [[nodiscard]] Result<Metadata> head();

  // Deletes the stream and its bytes.
  [[nodiscard]] Result<void> remove();

  // Without query and token.
  const std::string& url() const;

 private:
  class Impl;
  explicit Stream(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

// `base` joined with a stream's name. The name is taken as it is: "/" parts it,
// "//", ".." and ":" are characters like others, and what a URL can't hold is
// percent-encoded.
std::string stream_url(std::string_view base, std::string_view name);

}  // namespace durable_streams::client
