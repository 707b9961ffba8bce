#include "durable_streams/follower.h"

#include <utility>

namespace durable_streams::client {

// "now" may wait at once: there is nothing to catch up with.
Follower::Follower(Stream& stream, std::string offset)
    : stream_(stream), offset_(std::move(offset)), at_end_(offset_ == "now") {}

Result<Page> Follower::next() {
  ReadOptions options;
  options.offset = offset_;
  options.wait = at_end_;
  if (at_end_) options.cursor = cursor_;
  auto page = stream_.read(options);
  if (!page) return page;
  offset_ = page->next_offset;
  cursor_ = page->cursor;
  at_end_ = page->up_to_date;
  return page;
}

}  // namespace durable_streams::client
