// Loaded into a server with LD_PRELOAD: while the file that
// DURABLE_STREAMS_TEST_FULL_DISK names is there, the disk is full. As on a real one
// files can't grow (ENOSPC), and bytes that they have already can be overwritten.
#include <dlfcn.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace {

bool must_fail(int descriptor, off_t position, size_t size) {
  const char* const flag = std::getenv("DURABLE_STREAMS_TEST_FULL_DISK");
  struct stat file {};
  return flag != nullptr && ::access(flag, F_OK) == 0 &&
         ::fstat(descriptor, &file) == 0 && S_ISREG(file.st_mode) &&
         position + static_cast<off_t>(size) > file.st_size;
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

size_t total_size(const iovec* pieces, int count) {
  size_t size = 0;
  for (int i = 0; i < count; ++i)
    size += pieces[i].iov_len;
  return size;
}

}  // namespace

extern "C" {

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t position) {
  static auto* const next =
      real<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  if (!must_fail(descriptor, position, size))
    return next(descriptor, bytes, size, position);
  errno = ENOSPC;
  return -1;
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t position) {
  return pwrite64(descriptor, bytes, size, position);
}

ssize_t pwritev64(int descriptor, const iovec* pieces, int count, off64_t position) {
  static auto* const next = real<ssize_t(int, const iovec*, int, off64_t)>("pwritev64");
  if (!must_fail(descriptor, position, total_size(pieces, count)))
    return next(descriptor, pieces, count, position);
  errno = ENOSPC;
  return -1;
}

ssize_t pwritev(int descriptor, const iovec* pieces, int count, off_t position) {
  return pwritev64(descriptor, pieces, count, position);
}

}  // extern "C"
