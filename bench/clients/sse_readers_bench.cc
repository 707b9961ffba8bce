// sse_readers_bench PORT PATH READERS MODE WARM_UP_S SECONDS
//
// Opens READERS event streams on one stream of the server at 127.0.0.1:PORT and
// measures one window. MODE:
//
//   idle      nothing is written during the window; after it, one event is, and
//             every reader must get it
//   flat-out  one connection posts 200-byte events back to back
//   lockstep  the same, but the next event once every reader has the last
//
// Talks to whoever drives it by lines, so that the server can be measured at the
// window's very ends: prints `ready` once all readers wait, reads a line, warms
// up, prints `begin`, `end`, and at last one line of JSON.
#include <sys/resource.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "event_writer.h"
#include "http_socket.h"
#include "reader_set.h"

namespace durable_streams::bench {
namespace {

constexpr unsigned ready_timeout_s = 30;
constexpr unsigned drain_timeout_s = 10;

void say(const char* line) {
  std::puts(line);
  std::fflush(stdout);
}

void allow_descriptors(size_t count) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur =
      std::min<rlim_t>(limit.rlim_max, std::max<rlim_t>(limit.rlim_cur, count));
  if (limit.rlim_cur < count || ::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    fail("needs " + std::to_string(count) + " open files: see ulimit -Hn");
  }
}

void poll_for(ReaderSet& readers, double seconds) {
  const uint64_t end_ns = now_ns() + static_cast<uint64_t>(seconds * 1e9);
  while (now_ns() < end_ns)
    readers.poll(10);
}

template <typename Condition>
void poll_until(ReaderSet& readers, Condition condition) {
  const uint64_t end_ns = now_ns() + uint64_t{drain_timeout_s} * 1'000'000'000;
  while (!condition() && now_ns() < end_ns)
    readers.poll(10);
}

double percentile_us(std::vector<uint64_t> sorted_ns, double fraction) {
  if (sorted_ns.empty()) return 0;
  const auto last = static_cast<double>(sorted_ns.size() - 1);
  return static_cast<double>(sorted_ns[static_cast<size_t>(last * fraction)]) / 1e3;
}

struct Count {
  uint64_t delivered;
  uint64_t wakes;
  uint64_t acknowledged;
};

void report(const ReaderSet& readers, const EventWriter& writer, Count window,
            double seconds) {
  std::vector<uint64_t> spread_ns = writer.spread_ns();
  std::sort(spread_ns.begin(), spread_ns.end());
  std::printf("{\"seconds\": %.6f, \"delivered\": %" PRIu64 ", \"wakes\": %" PRIu64
              ", \"acknowledged\": %" PRIu64 ", \"refused\": %" PRIu64
              ", \"lost\": %zu, \"missing\": %" PRIu64 ", \"doubled\": %" PRIu64
              ", \"spread_p50_us\": %.1f, \"spread_p99_us\": %.1f}\n",
              seconds, window.delivered, window.wakes, window.acknowledged,
              writer.refused(), readers.lost(), readers.missing(writer.acknowledged()),
              readers.doubled(writer.acknowledged() + writer.refused()),
              percentile_us(spread_ns, 0.5), percentile_us(spread_ns, 0.99));
}

// The window of a busy stream.
void measure_busy(ReaderSet& readers, EventWriter& writer, double warm_up_s,
                  double seconds) {
  const auto count = [&] {
    return Count{readers.delivered(), readers.wakes(), writer.acknowledged()};
  };
  poll_for(readers, warm_up_s);
  say("begin");
  const Count before = count();
  const uint64_t began_ns = now_ns();
  poll_for(readers, seconds);
  const Count after = count();
  const uint64_t ended_ns = now_ns();
  say("end");
  writer.stop();
  poll_until(readers, [&] {
    return writer.finished() &&
           readers.delivered() >= writer.acknowledged() * readers.size();
  });
  report(readers, writer,
         {after.delivered - before.delivered, after.wakes - before.wakes,
          after.acknowledged - before.acknowledged},
         static_cast<double>(ended_ns - began_ns) / 1e9);
}

// The window of a quiet stream, then the event that shows that all still listen.
void measure_idle(ReaderSet& readers, uint16_t port, const std::string& path,
                  double warm_up_s, double seconds) {
  poll_for(readers, warm_up_s);
  say("begin");
  const uint64_t began_ns = now_ns();
  poll_for(readers, seconds);
  const uint64_t ended_ns = now_ns();
  say("end");
  EventWriter writer(readers, port, path, EventWriter::Pace::lockstep);
  poll_until(readers, [&] { return writer.acknowledged() > 0 || writer.finished(); });
  writer.stop();
  poll_until(readers, [&] {
    return writer.finished() &&
           readers.delivered() >= writer.acknowledged() * readers.size();
  });
  report(readers, writer, {readers.delivered(), readers.wakes(), writer.acknowledged()},
         static_cast<double>(ended_ns - began_ns) / 1e9);
}

int run(int argc, char** argv) {
  if (argc != 7)
    fail("usage: sse_readers_bench PORT PATH READERS MODE WARM_UP_S SECONDS");
  const auto port = static_cast<uint16_t>(std::atoi(argv[1]));
  const std::string path = argv[2];
  const size_t count = std::strtoull(argv[3], nullptr, 10);
  const std::string mode = argv[4];
  const double warm_up_s = std::atof(argv[5]);
  const double seconds = std::atof(argv[6]);
  if (mode != "idle" && mode != "flat-out" && mode != "lockstep")
    fail("no mode " + mode);

  allow_descriptors(count + 64);
  ReaderSet readers(port, path, count, ready_timeout_s);
  say("ready");
  if (std::getchar() == EOF) return 1;

  if (mode == "idle") {
    measure_idle(readers, port, path, warm_up_s, seconds);
  } else {
    EventWriter writer(
        readers, port, path,
        mode == "lockstep" ? EventWriter::Pace::lockstep : EventWriter::Pace::flat_out);
    measure_busy(readers, writer, warm_up_s, seconds);
  }
  return 0;
}

}  // namespace
}  // namespace durable_streams::bench

int main(int argc, char** argv) {
  return durable_streams::bench::run(argc, argv);
}
