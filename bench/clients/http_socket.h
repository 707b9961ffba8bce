// What the load clients need of HTTP/1.1: a connection to 127.0.0.1, requests as
// text, and the end of a small answer.
//
// These are measuring tools: a failure that makes the measurement worthless ends
// the process with a message and exit status 1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace durable_streams::bench {

// Nanoseconds since some fixed moment. The server's own clock (base/clock.h)
// counts milliseconds, too coarse to measure with.
uint64_t now_ns();

// Prints "name: message" and exits with 1.
[[noreturn]] void fail(const std::string& message);

// A blocking connection with TCP_NODELAY, on which a read gives up after ten
// seconds; the caller closes the descriptor.
int connect_to(uint16_t port);

std::string get_request(std::string_view path_and_query);
std::string json_post_request(std::string_view path, std::string_view body);

// Sends all of `bytes` on a blocking socket; false if the peer went away.
bool send_all(int descriptor, std::string_view bytes);

// Reads one whole answer from a blocking socket and returns its status; 0 if the
// peer went away or is silent. Knows Content-Length and empty bodies, as answers to
// appends have; no chunks.
int read_answer(int descriptor);

// How long an answer is that begins with `bytes`; SIZE_MAX while its header section
// is not complete. As read_answer() it knows Content-Length only.
size_t answer_bytes(std::string_view bytes);

// The status of an answer that begins with `head`; 0 if that is no HTTP/1.1.
int status_of(std::string_view head);

}  // namespace durable_streams::bench
