// many_streams_bench PORT STREAMS CONNECTIONS fill|check [SAMPLES]
//
// fill    creates STREAMS streams with paths of 40 bytes and a TTL, then gives each
//         one event, then each a second, then a third, by a producer of its own: a
//         stream's events lie as far apart in the log as they can.
// check   reads SAMPLES of them, spread evenly, and compares what is there.
//
// Prints one line of JSON.
#include <fmt/format.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>

#include "event.h"
#include "http_socket.h"
#include "request_pool.h"

namespace durable_streams::bench {
namespace {

constexpr uint64_t events = 3;

// The part behind the route is the stream's path: 40 bytes.
std::string path(uint64_t stream) {
  return fmt::format("/v1/streams/bench/many_streams/{:021}", stream);
}

// As long as a UUID.
std::string producer_id(uint64_t stream) {
  return fmt::format("{:08x}-0000-4000-8000-{:012x}",
                     stream * 2'654'435'761u % (1u << 31), stream);
}

void write_create(uint64_t stream, std::string& request) {
  fmt::format_to(std::back_inserter(request),
                 "PUT {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                 "application/json\r\nStream-TTL: 86400\r\nContent-Length: 0\r\n\r\n",
                 path(stream));
}

void write_append(uint64_t stream, uint64_t number, std::string& request) {
  static const std::string body = event();
  fmt::format_to(std::back_inserter(request),
                 "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                 "application/json\r\nProducer-Id: {}\r\nProducer-Epoch: 0\r\n"
                 "Producer-Seq: {}\r\nContent-Length: {}\r\n\r\n{}",
                 path(stream), producer_id(stream), number, body.size(), body);
}

bool is_success(uint64_t, int status, std::string_view) {
  return status >= 200 && status < 300;
}

struct Phase {
  uint64_t requests = 0;
  uint64_t refused = 0;
  double seconds = 0;
};

Phase phase(RequestPool& pool, uint64_t count, const RequestPool::Write& write,
            const RequestPool::Check& check) {
  const uint64_t began_ns = now_ns();
  const uint64_t refused = pool.run(count, write, check);
  return {count, refused, static_cast<double>(now_ns() - began_ns) / 1e9};
}

void report(const char* name, const Phase& phase, const char* end) {
  std::printf("\"%s\": {\"requests\": %" PRIu64 ", \"refused\": %" PRIu64
              ", \"seconds\": %.3f}%s",
              name, phase.requests, phase.refused, phase.seconds, end);
}

void fill(RequestPool& pool, uint64_t streams) {
  const Phase creates = phase(pool, streams, write_create, is_success);
  const Phase appends = phase(
      pool, streams * events,
      [&](uint64_t index, std::string& request) {
        write_append(index % streams, index / streams, request);
      },
      is_success);
  std::printf("{");
  report("creates", creates, ", ");
  report("appends", appends, "}\n");
}

void check(RequestPool& pool, uint64_t streams, uint64_t samples) {
  const std::string one = event();
  const std::string expected = "[" + one + "," + one + "," + one + "]";
  const Phase reads = phase(
      pool, samples,
      [&](uint64_t index, std::string& request) {
        request += get_request(path(index * streams / samples) + "?offset=-1");
      },
      [&](uint64_t, int status, std::string_view body) {
        return status == 200 && body == expected;
      });
  std::printf("{");
  report("reads", reads, "}\n");
}

int run(int argc, char** argv) {
  if (argc < 5)
    fail("usage: many_streams_bench PORT STREAMS CONNECTIONS fill|check [N]");
  const auto number = [&](int index) {
    return std::strtoull(argv[index], nullptr, 10);
  };
  RequestPool pool(static_cast<uint16_t>(number(1)), number(3));
  if (std::string_view(argv[4]) == "fill") {
    fill(pool, number(2));
  } else {
    check(pool, number(2), argc > 5 ? number(5) : 1000);
  }
  return 0;
}

}  // namespace
}  // namespace durable_streams::bench

int main(int argc, char** argv) {
  return durable_streams::bench::run(argc, argv);
}
