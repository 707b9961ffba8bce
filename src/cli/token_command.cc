#include <CLI/CLI.hpp>
#include <memory>

#include "auth/token_signer.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/key_files.h"
#include "server/config_values.h"

namespace durable_streams::cli {
namespace {

struct Arguments {
  std::string key_path = "signing_key.pem";
  auth::TokenClaims claims;
  auth::TokenFrame frame;
  std::vector<std::string> permissions = {"read"};
  std::string identity;
  int64_t lifetime_ms = 15 * 60'000;
};

int make_token(const Arguments& arguments, Context& context) {
  const auto key_pem = read_key_file(context.files, arguments.key_path);
  if (!key_pem) {
    context.console.complain("can't read the key " + arguments.key_path + ": " +
                             key_pem.error().code.message() +
                             " (durable-streams keys makes one)");
    return failure;
  }
  const auto key = auth::SigningKey::parse_pem(*key_pem);
  if (!key) {
    context.console.complain(arguments.key_path + ": " + key.error().message());
    return failure;
  }
  auth::TokenClaims claims = arguments.claims;
  auth::TokenFrame frame = arguments.frame;
  frame.issued_at_ms = context.clock.wall_ms();
  claims.expires_at_ms = frame.issued_at_ms + arguments.lifetime_ms;
  if (!claims.server) {
    for (const std::string& permission : arguments.permissions) {
      claims.may_read = claims.may_read || permission == "read";
      claims.may_write = claims.may_write || permission == "write";
    }
    if (!arguments.identity.empty()) claims.identity = arguments.identity;
  }
  const auto token = auth::sign_token(claims, frame, *key_pem);
  if (!token) {
    context.console.complain("can't sign: " + token.error().message());
    return failure;
  }
  return context.console.write_line(*token) ? success : context.console.write_failure();
}

constexpr const char* footer = R"(
Prints one token. With --stream it opens that stream alone; with --server it may do
everything, as the app itself: keep it short-lived. Issuer and audience must be those
that the server's configuration names.

Examples:
  durable-streams token --stream orders --permissions read,write --expires-in 1h
  export DURABLE_STREAMS_TOKEN=$(durable-streams token --server --key signing_key.pem)
)";

}  // namespace

void add_token(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("token", "Signs a token.");
  command->footer(footer);
  command
      ->add_option("--key", arguments->key_path,
                   "The signing key, a PEM file. Default: signing_key.pem.")
      ->type_name("FILE");
  CLI::Option* server = command->add_flag("--server", arguments->claims.server,
                                          "For the app's servers: may do everything.");
  CLI::Option* stream =
      command
          ->add_option("--stream", arguments->claims.stream,
                       "For a client of this stream: its name, as below the base URL.")
          ->type_name("NAME")
          ->excludes(server);
  command
      ->add_option("--permissions", arguments->permissions,
                   "What a client may do: read, write, or both. Default: read.")
      ->delimiter(',')
      ->expected(1, 2)
      ->type_name("LIST")
      ->check(CLI::IsMember({"read", "write"}))
      ->needs(stream);
  command
      ->add_option("--identity", arguments->identity,
                   "Who the client is; parts its producers from those of others.")
      ->type_name("TEXT")
      ->needs(stream);
  command
      ->add_option_function<std::string>(
          "--expires-in",
          [arguments](const std::string& text) {
            const auto lifetime_ms = server::DurationValue::parse(text);
            if (!lifetime_ms || *lifetime_ms < 1000) {
              throw CLI::ValidationError("--expires-in: \"" + text + "\" is not " +
                                         std::string(server::DurationValue::expected));
            }
            arguments->lifetime_ms = *lifetime_ms;
          },
          "How long the token is good: 1s to 24h. Default: 15m.")
      ->type_name("DURATION");
  command->add_option("--issuer", arguments->frame.issuer, "iss.")->type_name("TEXT");
  command->add_option("--audience", arguments->frame.audience, "aud.")
      ->type_name("TEXT");
  command
      ->add_option("--kid", arguments->frame.kid,
                   "Which key this is, if the server has "
                   "several.")
      ->type_name("TEXT");
  command->callback([&chosen, arguments] {
    if (!arguments->claims.server && arguments->claims.stream.empty()) {
      throw CLI::ValidationError(
          "--stream NAME or --server must say whom the token is for");
    }
    chosen = [arguments](Context& context) { return make_token(*arguments, context); };
  });
}

}  // namespace durable_streams::cli
