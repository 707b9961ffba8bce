// Loaded into a server with LD_PRELOAD: its disk is bad in the ways that files in
// the directory DURABLE_STREAMS_TEST_DISK name, as long as they are there:
//
//   full_disk        As on a real one files can't grow (ENOSPC), and bytes that they
//                    have already can be overwritten.
//   failing_writes, failing_syncs, failing_reads    Each fails with EIO.
//
// Besides, always: now and then a call is interrupted (EINTR), or does a part of its
// work only.
#include <dlfcn.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace {

bool is_set(const char* trouble) {
  static const char* const directory = std::getenv("DURABLE_STREAMS_TEST_DISK");
  char path[4096];
  return directory != nullptr &&
         std::snprintf(path, sizeof path, "%s/%s", directory, trouble) > 0 &&
         ::access(path, F_OK) == 0;
}

bool is_file(int descriptor, struct stat& file) {
  return ::fstat(descriptor, &file) == 0 && S_ISREG(file.st_mode);
}

int fail_with(int error_number) {
  errno = error_number;
  return -1;
}

std::atomic<unsigned> calls{0};

// What becomes of a call.
enum class Turn { whole, part, interrupted };
Turn next_turn() {
  switch (calls++ % 5) {
    case 1:
      return Turn::part;
    case 3:
      return Turn::interrupted;
    default:
      return Turn::whole;
  }
}

// The error of a write of `size` bytes, or 0.
int write_error(int descriptor, off64_t position, size_t size) {
  struct stat file {};
  if (!is_file(descriptor, file)) return 0;
  if (is_set("failing_writes")) return EIO;
  const bool grows = position + static_cast<off64_t>(size) > file.st_size;
  return grows && is_set("full_disk") ? ENOSPC : 0;
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

size_t half_of(size_t size) {
  return size > 1 ? size / 2 : size;
}

using Sync = int(int);
int sync_with(Sync* next, int descriptor) {
  if (is_set("failing_syncs")) return fail_with(EIO);
  return next_turn() == Turn::interrupted ? fail_with(EINTR) : next(descriptor);
}

}  // namespace

extern "C" {

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t position) {
  static auto* const next =
      real<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  if (const int error = write_error(descriptor, position, size))
    return fail_with(error);
  const Turn turn = next_turn();
  if (turn == Turn::interrupted) return fail_with(EINTR);
  return next(descriptor, bytes, turn == Turn::part ? half_of(size) : size, position);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t position) {
  return pwrite64(descriptor, bytes, size, position);
}

ssize_t pwritev64(int descriptor, const iovec* pieces, int count, off64_t position) {
  static auto* const next = real<ssize_t(int, const iovec*, int, off64_t)>("pwritev64");
  size_t size = 0;
  for (int i = 0; i < count; ++i)
    size += pieces[i].iov_len;
  if (const int error = write_error(descriptor, position, size))
    return fail_with(error);
  const Turn turn = next_turn();
  if (turn == Turn::interrupted) return fail_with(EINTR);
  if (turn == Turn::whole) return next(descriptor, pieces, count, position);
  const iovec part{pieces->iov_base, half_of(pieces->iov_len)};
  return next(descriptor, &part, 1, position);
}

ssize_t pwritev(int descriptor, const iovec* pieces, int count, off_t position) {
  return pwritev64(descriptor, pieces, count, position);
}

ssize_t pread64(int descriptor, void* bytes, size_t size, off64_t position) {
  static auto* const next = real<ssize_t(int, void*, size_t, off64_t)>("pread64");
  if (is_set("failing_reads")) return fail_with(EIO);
  const Turn turn = next_turn();
  if (turn == Turn::interrupted) return fail_with(EINTR);
  return next(descriptor, bytes, turn == Turn::part ? half_of(size) : size, position);
}

ssize_t pread(int descriptor, void* bytes, size_t size, off_t position) {
  return pread64(descriptor, bytes, size, position);
}

int fdatasync(int descriptor) {
  static auto* const next = real<Sync>("fdatasync");
  return sync_with(next, descriptor);
}

int fsync(int descriptor) {
  static auto* const next = real<Sync>("fsync");
  return sync_with(next, descriptor);
}

}  // extern "C"
