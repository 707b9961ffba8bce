#include "protocol/sse_encoder.h"

#include <fmt/format.h>

#include <cstring>
#include <iterator>

#include "protocol/base64.h"

namespace durable_streams::protocol {
namespace {

// Writes text as `data:` lines. A reader drops one space behind the colon, so a
// line that begins with a space gets another; otherwise none is spent.
class DataLines {
 public:
  explicit DataLines(std::string& out) : out_(out) { out_ += "data:"; }

  void add(std::string_view text) {
    size_t begin = 0;
    size_t lf_at = 0;  // Of the first LF that is not before `begin`, once looked for.
    bool lf_is_known = false;
    while (begin < text.size()) {
      if (after_cr_ && text[begin] == '\n') {
        after_cr_ = false;
        ++begin;
        continue;
      }
      after_cr_ = false;
      // Looked for once a line feed, or many lone CRs would make this quadratic.
      if (!lf_is_known || lf_at < begin)
        lf_at = find_or_end(text, '\n', begin, text.size());
      lf_is_known = true;
      const size_t line_end = find_or_end(text, '\r', begin, lf_at);
      add_to_line(text.substr(begin, line_end - begin));
      if (line_end == text.size()) return;
      after_cr_ = text[line_end] == '\r';
      out_ += "\ndata:";
      at_line_start_ = true;
      begin = line_end + 1;
    }
  }

 private:
  // The first `wanted` in [begin, end), or `end`.
  static size_t find_or_end(std::string_view text, char wanted, size_t begin,
                            size_t end) {
    if (begin == end) return end;
    const void* const found = std::memchr(text.data() + begin, wanted, end - begin);
    if (found == nullptr) return end;
    return static_cast<size_t>(static_cast<const char*>(found) - text.data());
  }

  void add_to_line(std::string_view part) {
    if (part.empty()) return;
    if (at_line_start_ && part.front() == ' ') out_ += ' ';
    at_line_start_ = false;
    out_ += part;
  }

  std::string& out_;
  bool at_line_start_ = true;
  bool after_cr_ = false;
};

void append_json_lines(std::string& out, std::span<const SharedBytes> chunks,
                       size_t bytes) {
  DataLines lines(out);
  lines.add("[");
  for (const SharedBytes& chunk : chunks) {
    bytes -= chunk.size();
    std::string_view text = chunk.view();
    if (bytes == 0 &&
        !text.empty()) {  // The last chunk with bytes: drop the last comma.
      text.remove_suffix(1);
      lines.add(text);
      break;
    }
    lines.add(text);
  }
  lines.add("]");
}

}  // namespace

void append_data_event(std::string& out, Framing framing,
                       std::span<const SharedBytes> chunks) {
  size_t bytes = 0;
  for (const SharedBytes& chunk : chunks)
    bytes += chunk.size();
  if (bytes == 0) return;

  out += "event: data\n";
  switch (framing) {
    case Framing::json:
      append_json_lines(out, chunks, bytes);
      break;
    case Framing::text: {
      DataLines lines(out);
      for (const SharedBytes& chunk : chunks)
        lines.add(chunk.view());
      break;
    }
    case Framing::binary:
      out += "data:";
      append_base64(out, chunks);
      break;
  }
  out += "\n\n";
}

void append_control_event(std::string& out, const ControlEvent& event) {
  out += "event: control\ndata:{\"streamNextOffset\":\"";
  out += event.next_offset.to_string();
  out += '"';
  if (event.cursor)
    fmt::format_to(std::back_inserter(out), ",\"streamCursor\":\"{}\"", *event.cursor);
  if (event.up_to_date) out += ",\"upToDate\":true";
  if (event.closed) out += ",\"streamClosed\":true";
  out += "}\n\n";
}

}  // namespace durable_streams::protocol
