// fdatasync_bench DIRECTORY BYTES SECONDS
//
// What the disk itself needs: writes BYTES, one piece behind the other, into a
// zero-filled file, with an fdatasync after each, as a log must before it can
// acknowledge a lone append. Prints one line of JSON; removes its file.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr size_t file_bytes = 64 * 1024 * 1024;

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "fdatasync_bench: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

void write_at(int file, size_t position, const std::vector<char>& bytes) {
  const ssize_t written =
      ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(position));
  if (written != static_cast<ssize_t>(bytes.size())) fail("pwrite");
}

// A file full of zeros, on the disk, that vanishes with its descriptor.
int zero_filled_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) fail(path.c_str());
  ::unlink(path.c_str());
  const std::vector<char> zeros(1024 * 1024, 0);
  for (size_t at = 0; at < file_bytes; at += zeros.size())
    write_at(file, at, zeros);
  if (::fsync(file) != 0) fail("fsync");
  return file;
}

std::vector<double> measure_us(int file, size_t bytes, double seconds) {
  const std::vector<char> record(bytes, 'x');
  std::vector<double> took_us;
  size_t position = 0;
  for (const auto began = Clock::now();
       std::chrono::duration<double>(Clock::now() - began).count() < seconds;) {
    const auto started = Clock::now();
    write_at(file, position, record);
    if (::fdatasync(file) != 0) fail("fdatasync");
    took_us.push_back(
        std::chrono::duration<double, std::micro>(Clock::now() - started).count());
    position = (position + bytes) % (file_bytes - bytes);
  }
  std::sort(took_us.begin(), took_us.end());
  return took_us;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: fdatasync_bench DIRECTORY BYTES SECONDS\n", stderr);
    return 1;
  }
  const int file = zero_filled_file(std::string(argv[1]) + "/fdatasync_bench");
  const std::vector<double> took_us =
      measure_us(file, std::strtoull(argv[2], nullptr, 10), std::atof(argv[3]));
  const auto at = [&](double fraction) {
    return took_us[static_cast<size_t>(static_cast<double>(took_us.size() - 1) *
                                       fraction)];
  };
  std::printf("{\"count\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", took_us.size(),
              at(0.5), at(0.99));
  ::close(file);
  return 0;
}
