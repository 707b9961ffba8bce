#include "server/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace durable_streams::server {

size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = raised.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return static_cast<size_t>(limit.rlim_cur);
}

size_t connections_within(size_t descriptors) {
  constexpr size_t own_descriptors = 64;
  return std::max(descriptors, own_descriptors + 16) - own_descriptors;
}

}  // namespace durable_streams::server
