// Keys that a command wrote sign tokens that a verifier takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "auth/token_verifier.h"
#include "base/clock.h"
#include "cli/exit_code.h"
#include "cli/key_files.h"
#include "command_fixture.h"

namespace durable_streams::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class KeyCommandTest : public ::testing::Test {
 protected:
  KeyCommandTest() {
    std::string name =
        std::filesystem::temp_directory_path() / "durable-streams-keys-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory = name;
  }
  ~KeyCommandTest() override { std::filesystem::remove_all(directory); }

  std::string path(const std::string& name) const { return directory + "/" + name; }

  int mode(const std::string& name) const {
    struct stat status;
    EXPECT_EQ(::stat(path(name).c_str(), &status), 0) << name;
    return status.st_mode & 0777;
  }

  std::string signing_key() const {
    const auto content = read_key_file(posix_file_system(), path("signing_key.pem"));
    EXPECT_TRUE(content);
    return content.value_or("");
  }

  Result<std::shared_ptr<const auth::TokenClaims>> verify(std::string token) const {
    if (token.ends_with('\n')) token.pop_back();
    const auto verifier = auth::TokenVerifier::open(
        {path("verify_key.pem"), "me", "you"}, posix_file_system());
    if (!verifier) return fail(verifier.error());
    return (*verifier)->verify(token, system_clock().wall_ms());
  }

  Ending sign(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"token", "--key", path("signing_key.pem"),
                                         "--issuer", "me", "--audience", "you"});
    return commands.run(arguments);
  }

  std::string directory;
  Commands commands;
};

TEST_F(KeyCommandTest, KeysAreThereAndTheSecretOneIsTheOwnersAlone) {
  const Ending ending = commands.run({"keys", "--out", directory + "/new"});
  EXPECT_EQ(ending.code, success);
  EXPECT_THAT(ending.out,
              AllOf(HasSubstr("new/signing_key.pem"), HasSubstr("new/verify_key.pem")));
  EXPECT_EQ(mode("new/signing_key.pem"), 0600);
  EXPECT_FALSE(std::filesystem::exists(path("new/signing_key.pem.new")));
}

TEST_F(KeyCommandTest, KeysAreNotReplacedUnlessForced) {
  ASSERT_EQ(commands.run({"keys", "--out", directory}).code, success);
  const std::string before = signing_key();
  std::filesystem::remove(path("verify_key.pem"));
  for (int round = 0; round < 2; ++round) {  // One half is enough to refuse.
    const Ending ending = commands.run({"keys", "--out", directory});
    EXPECT_EQ(ending.code, conflict);
    EXPECT_THAT(ending.err, HasSubstr("is there already"));
    EXPECT_EQ(signing_key(), before);
  }
  ASSERT_EQ(commands.run({"keys", "--out", directory, "--force"}).code, success);
  EXPECT_NE(signing_key(), before);
  EXPECT_EQ(mode("signing_key.pem"), 0600);
}

TEST_F(KeyCommandTest, AVerifyKeyAloneIsNotReplacedAndGetsNoStrangersPartner) {
  ASSERT_EQ(commands.run({"keys", "--out", directory}).code, success);
  std::filesystem::remove(path("signing_key.pem"));
  EXPECT_EQ(commands.run({"keys", "--out", directory}).code, conflict);
  EXPECT_FALSE(std::filesystem::exists(path("signing_key.pem")));
}

TEST_F(KeyCommandTest, AClientsTokenSaysWhatWasAskedFor) {
  ASSERT_EQ(commands.run({"keys", "--out", directory}).code, success);
  const Ending ending = sign({"--stream", "gid://app/Room/1", "--permissions",
                              "read,write", "--identity", "ann", "--expires-in", "1h"});
  ASSERT_EQ(ending.code, success) << ending.err;
  const auto claims = verify(ending.out);
  ASSERT_TRUE(claims) << claims.error().message();
  EXPECT_FALSE((*claims)->server);
  EXPECT_EQ((*claims)->stream, "gid://app/Room/1");
  EXPECT_TRUE((*claims)->may_read);
  EXPECT_TRUE((*claims)->may_write);
  EXPECT_EQ((*claims)->identity, "ann");
}

TEST_F(KeyCommandTest, AClientsTokenMayReadOnlyUnlessMoreWasAskedFor) {
  ASSERT_EQ(commands.run({"keys", "--out", directory}).code, success);
  const auto claims = verify(sign({"--stream", "a"}).out);
  ASSERT_TRUE(claims) << claims.error().message();
  EXPECT_TRUE((*claims)->may_read);
  EXPECT_FALSE((*claims)->may_write);
}

TEST_F(KeyCommandTest, AServersTokenIsTheServers) {
  ASSERT_EQ(commands.run({"keys", "--out", directory}).code, success);
  const auto claims = verify(sign({"--server"}).out);
  ASSERT_TRUE(claims) << claims.error().message();
  EXPECT_TRUE((*claims)->server);
}

TEST_F(KeyCommandTest, ATokenForNobodyOrForBothIsAMistake) {
  EXPECT_EQ(sign({}).code, usage);
  EXPECT_EQ(sign({"--server", "--stream", "a"}).code, usage);
  EXPECT_EQ(sign({"--server", "--permissions", "read"}).code, usage);
  EXPECT_EQ(sign({"--stream", "a", "--permissions", "fly"}).code, usage);
  EXPECT_EQ(sign({"--stream", "a", "--expires-in", "0s"}).code, usage);
}

TEST_F(KeyCommandTest, AMissingOrUselessKeyIsSaid) {
  const Ending missing = sign({"--server"});
  EXPECT_EQ(missing.code, failure);
  EXPECT_THAT(missing.err, HasSubstr("durable-streams keys makes one"));
  ASSERT_TRUE(write_key_file(posix_file_system(), path("signing_key.pem"), "hello",
                             Secrecy::secret, Overwrite::no));
  EXPECT_EQ(sign({"--server"}).code, failure);
}

}  // namespace
}  // namespace durable_streams::cli
