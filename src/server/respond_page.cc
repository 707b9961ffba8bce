// One page of a stream as the body of an answer, with its ETag.
#include <fmt/format.h>

#include <vector>

#include "server/read_modes.h"

namespace durable_streams::server {
namespace {

// Names the range and, at a closed stream's end, the closure: a reader that has
// the data must still learn that the stream was closed (PROTOCOL.md §10.1).
std::string etag_of(const storage::Page& page, protocol::Offset from) {
  return fmt::format("\"{}:{}.{}:{}.{}{}\"", page.stream_id, from.owner_id,
                     from.position, page.next.owner_id, page.next.position,
                     page.closed ? ":c" : "");
}

// If-None-Match: a list of tags or "*" (RFC 9110 §13.1.2), compared weakly.
bool matches(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    const size_t comma = if_none_match.find(',');
    std::string_view tag = if_none_match.substr(0, comma);
    while (!tag.empty() && (tag.front() == ' ' || tag.front() == '\t'))
      tag.remove_prefix(1);
    while (!tag.empty() && (tag.back() == ' ' || tag.back() == '\t'))
      tag.remove_suffix(1);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag || tag == "*") return true;
    if (comma == std::string_view::npos) break;
    if_none_match.remove_prefix(comma + 1);
  }
  return false;
}

// Stored JSON messages end in a comma each: an array lacks only its brackets.
std::vector<SharedBytes> json_array(const std::vector<SharedBytes>& chunks) {
  std::vector<SharedBytes> body;
  body.reserve(chunks.size() + 2);
  body.push_back(SharedBytes::literal("["));
  body.insert(body.end(), chunks.begin(), chunks.end());
  if (!chunks.empty()) {
    SharedBytes& last = body.back();
    last = last.slice(0, last.size() - 1);
  }
  body.push_back(SharedBytes::literal("]"));
  return body;
}

}  // namespace

void respond_page(http::Exchange& exchange, const AnswerFields& fields,
                  const storage::OpenStream& stream, const protocol::ReadRequest& read,
                  protocol::Offset from, const storage::Page& page,
                  std::optional<uint64_t> cursor, bool shared_cache) {
  const bool from_now = std::holds_alternative<protocol::FromNow>(read.start);
  const std::string etag = etag_of(page, from);
  const bool unchanged = !from_now && matches(read.if_none_match, etag);

  http::ResponseHead head = fields.head(unchanged ? 304 : 200);
  head.add("content-type", stream.config().content_type);
  head.add("stream-next-offset", page.next.to_string());
  if (cursor) head.add("stream-cursor", *cursor);
  if (page.at_tail) head.add("stream-up-to-date", "true");
  if (page.closed) head.add("stream-closed", "true");
  if (from_now || page.chunks.empty()) {
    // "Nothing yet" is true for a moment only.
    head.add("cache-control", "no-store");
  } else {
    head.add("cache-control", shared_cache
                                  ? "public, max-age=60, stale-while-revalidate=300"
                                  : "private, max-age=60, stale-while-revalidate=300");
  }
  if (!from_now) head.add("etag", etag);
  if (unchanged) return exchange.respond(head);
  if (stream.config().is_json()) return exchange.respond(head, json_array(page.chunks));
  exchange.respond(head, page.chunks);
}

}  // namespace durable_streams::server
