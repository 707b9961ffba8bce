#include "streams/frame_cache.h"

#include <string>
#include <utility>

#include "base/limits.h"
#include "protocol/sse_encoder.h"

namespace durable_streams::streams {
namespace {

SharedBytes encode(const storage::OpenStream& stream, const storage::Page& page,
                   uint64_t cursor) {
  std::string events;
  events.reserve(page.size() + 192);
  protocol::append_data_event(
      events, protocol::framing_of(stream.config().content_type), page.chunks);
  protocol::ControlEvent control;
  control.next_offset = page.next;
  if (!page.closed) control.cursor = cursor;
  control.up_to_date = page.at_tail;
  control.closed = page.closed;
  protocol::append_control_event(events, control);
  return SharedBytes(std::move(events));
}

}  // namespace

Result<Frame> FrameCache::frame_after(const storage::OpenStream& stream,
                                      protocol::Offset from, uint64_t cursor,
                                      bool control_always) {
  for (const Entry& entry : entries_) {
    if (entry.from == from && entry.cursor == cursor) return entry.frame;
  }
  auto page = engine_.read(stream, from, limits::page_bytes_max);
  if (!page) return fail(std::move(page).error());

  Frame frame;
  frame.next = page->next;
  frame.at_tail = page->at_tail;
  frame.closed = page->closed;
  const bool has_data = !page->chunks.empty();
  if (!has_data && !page->closed && !control_always) return frame;
  frame.bytes = encode(stream, *page, cursor);
  if (has_data) {
    if (entries_.size() == entries_max) entries_.erase(entries_.begin());
    entries_.push_back({from, cursor, frame});
  }
  return frame;
}

}  // namespace durable_streams::streams
