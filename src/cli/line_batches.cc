#include "cli/line_batches.h"

#include <algorithm>

namespace durable_streams::cli {
namespace {

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

std::optional<LineBatch> LineBatches::add(std::string_view bytes) {
  const size_t last_break = bytes.rfind('\n');
  if (last_break == std::string_view::npos) {
    rest_ += bytes;
    return std::nullopt;
  }
  const std::string lines = rest_ + std::string(bytes.substr(0, last_break + 1));
  rest_ = bytes.substr(last_break + 1);
  return batch_of(lines);
}

std::optional<LineBatch> LineBatches::finish() {
  const std::string last = std::move(rest_);
  rest_.clear();
  return batch_of(last);
}

std::optional<LineBatch> LineBatches::batch_of(std::string_view lines) const {
  LineBatch batch;
  if (is_json_) batch.body = "[";
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size() - 1) + 1;
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end);
    if (is_json_ && is_blank(line)) continue;
    if (is_json_ && batch.lines > 0) batch.body += ',';
    batch.body += line;
    ++batch.lines;
  }
  if (is_json_) batch.body += ']';
  if (batch.lines == 0) return std::nullopt;
  return batch;
}

}  // namespace durable_streams::cli
