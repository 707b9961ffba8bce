#include <CLI/CLI.hpp>
#include <memory>

#include "auth/token_signer.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/key_files.h"

namespace durable_streams::cli {
namespace {

struct Arguments {
  std::string directory = ".";
  bool force = false;
};

int complain(const Error& error, Context& context) {
  if (error.code == std::errc::file_exists) {
    context.console.complain(
        error.detail +
        " is there already. --force replaces it: every token that it signed is refused "
        "from then on");
    return conflict;
  }
  context.console.complain("can't write the keys: " + error.message());
  return failure;
}

int make_keys(const Arguments& arguments, Context& context) {
  const std::string signing_path = arguments.directory + "/signing_key.pem";
  const std::string verify_path = arguments.directory + "/verify_key.pem";
  const Overwrite overwrite = arguments.force ? Overwrite::yes : Overwrite::no;
  const auto pair = auth::generate_key_pair();
  if (!pair) return complain(pair.error(), context);
  if (overwrite == Overwrite::no) {
    // Before anything is written: half a pair is of no use.
    const auto exists = context.files.exists(verify_path);
    if (!exists) return complain(exists.error(), context);
    if (*exists) {
      return complain({std::make_error_code(std::errc::file_exists), verify_path},
                      context);
    }
  }
  if (auto made = context.files.create_directory(arguments.directory); !made) {
    return complain(made.error(), context);
  }
  if (auto written = write_key_file(context.files, signing_path, pair->private_pem,
                                    Secrecy::secret, overwrite);
      !written) {
    return complain(written.error(), context);
  }
  if (auto written = write_key_file(context.files, verify_path, pair->public_pem,
                                    Secrecy::open, overwrite);
      !written) {
    return complain(written.error(), context);
  }
  const std::string text = "signing key (secret, for the app): " + signing_path +
                           "\nverify key (for the server):       " + verify_path +
                           "\nkid:                               " + pair->thumbprint +
                           "\n";
  return context.console.write(text) ? success : context.console.write_failure();
}

constexpr const char* footer = R"(
Writes signing_key.pem, which only you can read, and verify_key.pem, which the server
needs (auth.verify_key). Never replaces a key unless --force is there.

Examples:
  durable-streams keys --out config/durable_streams
  durable-streams server --auth-verify-key config/durable_streams/verify_key.pem
)";

}  // namespace

void add_keys(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("keys", "Makes a pair of keys for tokens (ES256).");
  command->footer(footer);
  command
      ->add_option(
          "--out", arguments->directory,
          "The directory to write to; made if it is not there. Default: this one.")
      ->type_name("DIR");
  command->add_flag("--force", arguments->force, "Replace keys that are there.");
  command->callback([&chosen, arguments] {
    chosen = [arguments](Context& context) { return make_keys(*arguments, context); };
  });
}

}  // namespace durable_streams::cli
