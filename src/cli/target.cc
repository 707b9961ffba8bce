#include "cli/target.h"

#include <CLI/CLI.hpp>

#include "cli/exit_code.h"
#include "client/url.h"
#include "server/config_values.h"

namespace durable_streams::cli {
namespace {

constexpr const char* default_base = "http://localhost:4437/v1/streams";

bool is_url(const std::string& text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

bool same_origin(const std::string& one, const std::string& other) {
  const auto first = client::parse_url(one);
  const auto second = client::parse_url(other);
  return first && second && first->origin() == second->origin();
}

client::Error bad_argument(std::string sentence) {
  client::Error error;
  error.code = client::ErrorCode::invalid_argument;
  error.message = std::move(sentence);
  return error;
}

}  // namespace

void Target::add_to(CLI::App& command) {
  command.add_option("STREAM", stream_, "The stream's name, or its whole http:// URL.")
      ->required();
  command
      .add_option("--url", url_,
                  "The URL that names are below. Default: $DURABLE_STREAMS_URL, "
                  "http://localhost:4437/v1/streams.")
      ->type_name("URL");
  command
      .add_option("--token", token_,
                  "A token (durable-streams token makes one). Default: "
                  "$DURABLE_STREAMS_TOKEN, which other users can't see in a list of "
                  "processes.")
      ->type_name("JWT");
  command
      .add_option_function<std::string>(
          "--timeout",
          [this](const std::string& text) {
            const auto parsed = server::DurationValue::parse(text);
            if (!parsed) {
              throw CLI::ValidationError("--timeout: \"" + text + "\" is not " +
                                         std::string(server::DurationValue::expected));
            }
            timeout_ms_ = *parsed;
          },
          "How long one request may take, tries included. Default: 30s.")
      ->type_name("DURATION");
}

client::Result<client::Stream> Target::open(const Context& context) const {
  if (stream_.empty()) {
    return tl::unexpected(bad_argument("the stream's name is empty"));
  }
  std::string base = url_;
  if (base.empty()) base = context.environment("DURABLE_STREAMS_URL").value_or("");
  if (base.empty()) base = default_base;
  const std::string url = is_url(stream_) ? stream_ : client::stream_url(base, stream_);
  client::Options options;
  options.deadline_ms = timeout_ms_;
  options.token = token_;
  const bool is_home = !is_url(stream_) || same_origin(url, base);
  const auto parsed = client::parse_url(url);
  if (options.token.empty() && is_home && parsed && parsed->token.empty()) {
    options.token = context.environment("DURABLE_STREAMS_TOKEN").value_or("");
  }
  return client::Stream::open(url, std::move(options));
}

int report(const client::Error& error, Context& context) {
  std::string sentence = error.message;
  if (error.outcome_unknown) {
    sentence += "; the server may have carried it out, or not";
  }
  if (error.code == client::ErrorCode::unauthorized ||
      error.code == client::ErrorCode::forbidden) {
    sentence += "; --token or DURABLE_STREAMS_TOKEN names a token";
  }
  if (error.code == client::ErrorCode::unreachable) {
    sentence += "; is the server running? durable-streams server starts one";
  }
  context.console.complain(sentence);
  return exit_code_of(error);
}

}  // namespace durable_streams::cli
