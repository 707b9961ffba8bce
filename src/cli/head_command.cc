#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/target.h"

namespace durable_streams::cli {
namespace {

struct Arguments {
  Target target;
  bool as_json = false;
};

std::string as_lines(const client::Metadata& metadata) {
  std::string text = "content-type: " + metadata.content_type + "\n";
  text += "next-offset: " + metadata.next_offset + "\n";
  text += std::string("closed: ") + (metadata.closed ? "true" : "false") + "\n";
  if (!metadata.ttl_seconds.empty()) text += "ttl: " + metadata.ttl_seconds + "\n";
  if (!metadata.expires_at.empty()) text += "expires-at: " + metadata.expires_at + "\n";
  return text;
}

std::string as_json(const client::Metadata& metadata) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  const auto add = [&](const char* key, const std::string& value) {
    if (value.empty()) return;
    writer.Key(key);
    writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  writer.StartObject();
  add("contentType", metadata.content_type);
  add("nextOffset", metadata.next_offset);
  writer.Key("closed");
  writer.Bool(metadata.closed);
  add("ttl", metadata.ttl_seconds);
  add("expiresAt", metadata.expires_at);
  writer.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

int head(const Arguments& arguments, Context& context) {
  auto stream = arguments.target.open(context);
  if (!stream) return report(stream.error(), context);
  const auto metadata = stream->head();
  if (!metadata) return report(metadata.error(), context);
  const std::string text = arguments.as_json ? as_json(*metadata) : as_lines(*metadata);
  return context.console.write(text) ? success : context.console.write_failure();
}

constexpr const char* footer = R"(
Does not renew the stream's TTL.

Examples:
  durable-streams head orders
  durable-streams head orders --json | jq -r .nextOffset
)";

}  // namespace

void add_head(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("head", "Prints a stream's type, end, closure and expiry.");
  command->footer(footer);
  arguments->target.add_to(*command);
  command->add_flag("--json", arguments->as_json, "Print a JSON object.");
  command->callback([&chosen, arguments] {
    chosen = [arguments](Context& context) { return head(*arguments, context); };
  });
}

}  // namespace durable_streams::cli
