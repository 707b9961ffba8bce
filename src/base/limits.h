// Every bound on what a peer can make us do or keep, with its default and the
// attack or accident that it stops. docs/configuration.md lists those that can
// be set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace durable_streams::limits {

// One request's header section. Stops: memory held by endless headers.
inline constexpr size_t header_bytes_max = 16 * 1024;
inline constexpr size_t header_count_max = 64;

// One request's body. Stops: memory held by endless bodies. 413 beyond it.
inline constexpr size_t body_bytes_max = 64 * 1024 * 1024;

// One page of a read. Readers ask again for more; a single message that is
// longer than a page is sent whole.
inline constexpr size_t page_bytes_max = 1024 * 1024;

// A stream's name after percent-decoding. Stops: index growth by huge names.
inline constexpr size_t stream_path_bytes_max = 4096;

// A content type, a producer id, a Stream-Seq: kept per stream for its life.
inline constexpr size_t content_type_bytes_max = 256;
inline constexpr size_t producer_id_bytes_max = 256;
inline constexpr size_t stream_seq_bytes_max = 256;

// Producers that one stream remembers; to take in more, it forgets some that have
// been idle longest. Stops: state grown by random ids.
inline constexpr size_t producers_per_stream_max = 100'000;

// Of these, what one client may take up: those with its identity, or all without
// one together. The app server has no bound of its own. Stops: a client that keeps
// others from writing.
inline constexpr size_t producers_per_client_max = 1'000;

// Clients of whom one stream remembers a Stream-Seq. Stops: state grown by ever new
// identities.
inline constexpr size_t stream_seqs_per_stream_max = 10'000;

// Nesting of a JSON message. Stops: recursion in readers' parsers.
inline constexpr size_t json_depth_max = 512;

// Producer epochs and sequence numbers (PROTOCOL §5.2.1): 2^53 - 1.
inline constexpr uint64_t producer_number_max = (uint64_t{1} << 53) - 1;

// Bytes admitted to the log and not yet durable. Beyond it an append gets 503.
inline constexpr size_t commit_queue_bytes_max = 256 * 1024 * 1024;

// A TTL: one century, so that no arithmetic on it can overflow.
inline constexpr uint64_t ttl_seconds_max = 100ull * 366 * 24 * 3600;

// How long a stream past its Expires-At keeps its bytes, in case the wall clock
// has stepped ahead and will be put right. Stops: a wrong clock deleting data.
inline constexpr int64_t expires_at_grace_ms = 3'600'000;

// Time a client has to send a header section, then a body; and how long a
// kept-alive connection may idle. Stop: connections held open for nothing.
inline constexpr int64_t header_timeout_ms = 15'000;
inline constexpr int64_t body_timeout_ms = 60'000;
inline constexpr int64_t idle_timeout_ms = 75'000;

// A client that takes no bytes of an answer for this long is dropped.
inline constexpr int64_t write_timeout_ms = 30'000;

// After a refusal the connection stays half open for this long, so that the
// client gets to read why before its unread bytes would reset it.
inline constexpr int64_t linger_timeout_ms = 2'000;

// A refused request's body up to this size is read and dropped, to keep the
// connection; a larger one costs the client its connection.
inline constexpr size_t skipped_body_bytes_max = 64 * 1024;

// Connections of one listener. Stops: descriptors used up by one crowd. Those
// beyond it wait in the kernel's queue.
inline constexpr size_t connections_max = 50'000;

}  // namespace durable_streams::limits
