// The command line itself, and the commands that need no server.
#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/exit_code.h"
#include "command_fixture.h"
#include "one_file_system.h"
#include "server/config_reference.h"

namespace durable_streams::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* all_commands[] = {"server", "config", "create", "append",
                                        "read",   "tail",   "head",   "close",
                                        "delete", "keys",   "token"};

TEST(CommandLine, HelpListsEveryCommand) {
  Commands commands;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{}, {"help"}, {"--help"}}) {
    const Ending ending = commands.run(arguments);
    EXPECT_EQ(ending.code, success);
    for (const char* command : all_commands)
      EXPECT_THAT(ending.out, HasSubstr(command));
  }
}

TEST(CommandLine, EveryCommandHasHelpWithAnExample) {
  Commands commands;
  for (const char* command : all_commands) {
    const Ending ending = commands.run({command, "--help"});
    EXPECT_EQ(ending.code, success) << command;
    EXPECT_THAT(ending.out,
                AllOf(HasSubstr("Example"),
                      HasSubstr("durable-streams " + std::string(command))));
    EXPECT_EQ(commands.run({"help", command}).out, ending.out) << command;
  }
}

TEST(CommandLine, SaysItsVersion) {
  Commands commands;
  const Ending ending = commands.run({"--version"});
  EXPECT_EQ(ending.code, success);
  EXPECT_EQ(ending.out, DURABLE_STREAMS_VERSION "\n");
}

TEST(CommandLine, MistakesEndWithASentenceAndTwo) {
  Commands commands;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{
           {"reed", "a"},
           {"read"},
           {"read", ""},
           {"read", "a", "b"},
           {"read", "a", "--no-such-flag"},
           {"read", "a", "--timeout", "soon"},
           {"read", "https://h/a"},
           {"append", "a", "--seq", "1"},
           {"append", "a", "--lines", "--stream-seq", "1"},
           {"config", "--check", "--print"},
           {"server", "--port", "x"},
           {"server", "--port", "1", "--port", "2"},
           {"create", "a", "--ttl", "1h", "--expires-at", "2030-01-01T00:00:00Z"}}) {
    const Ending ending = commands.run(arguments);
    EXPECT_EQ(ending.code, usage) << arguments.back();
    EXPECT_THAT(ending.err, StartsWith("durable-streams: "));
    EXPECT_EQ(ending.out, "");
  }
}

TEST(ServerCommand, ServesWhatFileAndFlagsSay) {
  OneFileSystem files("f.yml", "production: {port: 5000, threads: 3}\n");
  Commands commands;
  commands.files = &files;
  commands.environment["RAILS_ENV"] = "production";
  const Ending ending =
      commands.run({"server", "--config", "f.yml", "--port", "5001", "--bind",
                    "127.0.0.1", "--bind", "::1", "--exit-with-parent"});
  EXPECT_EQ(ending.code, success);
  EXPECT_EQ(commands.server_runs, 1);
  EXPECT_EQ(commands.served.port, 5001);
  EXPECT_EQ(commands.served.threads, 3u);
  EXPECT_THAT(commands.served.bind, ElementsAre("127.0.0.1", "::1"));
  EXPECT_TRUE(commands.served.exit_with_parent);
}

TEST(ServerCommand, TakesItsFileFromTheEnvironmentIfNoFlagNamesOne) {
  OneFileSystem files("f.yml", "development: {port: 5000}\ntest: {port: 6000}\n");
  Commands commands;
  commands.files = &files;
  commands.environment["DURABLE_STREAMS_CONFIG"] = "f.yml";
  commands.run({"server"});
  EXPECT_EQ(commands.served.port, 5000);
  commands.run({"server", "--env", "test"});
  EXPECT_EQ(commands.served.port, 6000);
}

TEST(ServerCommand, DoesNotStartWithABadConfiguration) {
  Commands commands;
  const Ending ending = commands.run({"server", "--bind", "0.0.0.0"});
  EXPECT_EQ(ending.code, usage);
  EXPECT_EQ(commands.server_runs, 0);
  EXPECT_THAT(ending.err,
              HasSubstr("--bind: 0.0.0.0 can be reached from other machines"));
}

TEST(ServerCommand, DoesNotServeInTheClearWhatAsksForTls) {
  Commands commands;
  const Ending ending = commands.run({"server", "--tls-cert", "/c", "--tls-key", "/k"});
  EXPECT_EQ(ending.code, usage);
  EXPECT_EQ(commands.server_runs, 0);
  EXPECT_THAT(ending.err, HasSubstr("does not serve TLS yet"));
}

TEST(ConfigCommand, ChecksWithoutServing) {
  OneFileSystem files("f.yml",
                      "development: {prot: 1}\ntest: {max_file_handles: 5}\n"
                      "production: {port: 1, storage: {max_file_handles: 5}}\n");
  Commands commands;
  commands.files = &files;
  const Ending bad = commands.run({"config", "--check", "--config", "f.yml"});
  EXPECT_EQ(bad.code, usage);
  EXPECT_THAT(bad.err,
              HasSubstr("f.yml:1: unknown key \"prot\"; did you mean \"port\"?"));
  const Ending good =
      commands.run({"config", "--config", "f.yml", "--env", "production"});
  EXPECT_EQ(good.code, success);
  EXPECT_EQ(good.out, "The configuration is good (f.yml, production).\n");
  EXPECT_THAT(good.err, HasSubstr("warning: f.yml:3: max_file_handles has no effect"));
  EXPECT_EQ(commands.server_runs, 0);
}

TEST(ConfigCommand, PrintsWhatIsInForce) {
  Commands commands;
  commands.environment["HOME"] = "/home/a";
  const Ending ending = commands.run({"config", "--print", "--port", "5000"});
  EXPECT_EQ(ending.code, success);
  EXPECT_THAT(ending.out,
              AllOf(StartsWith("development:\n  port: 5000\n"),
                    HasSubstr("data_dir: /home/a/.local/share/durable-streams")));
}

TEST(ConfigCommand, PrintsTheReference) {
  Commands commands;
  EXPECT_EQ(commands.run({"config", "--reference"}).out,
            server::configuration_reference());
}

}  // namespace
}  // namespace durable_streams::cli
