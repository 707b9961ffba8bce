#include "cli/page_printer.h"

#include <algorithm>
#include <string>

#include "cli/exit_code.h"
#include "durable_streams/json_messages.h"

namespace durable_streams::cli {
namespace {

// A line break in a JSON message is white space: strings can't hold one.
void append_line(std::string& out, std::string_view message) {
  const size_t start = out.size();
  out += message;
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
      [](char c) { return c == '\n' || c == '\r'; }, ' ');
  out += '\n';
}

int write(std::string_view bytes, Context& context) {
  return context.console.write(bytes) ? success : context.console.write_failure();
}

}  // namespace

int print_page(const client::Page& page, PageForm form, Context& context) {
  if (page.body.empty()) return success;
  if (form == PageForm::raw || !client::is_json_content_type(page.content_type)) {
    return write(page.body, context);
  }
  const auto messages = client::json_messages(page.body);
  if (!messages) {
    context.console.complain("the server's page is not a JSON array");
    return failure;
  }
  std::string lines;
  lines.reserve(page.body.size());
  for (const std::string_view message : *messages)
    append_line(lines, message);
  return write(lines, context);
}

}  // namespace durable_streams::cli
