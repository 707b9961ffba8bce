#include "auth/key_set.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "auth/errc.h"
#include "key_files.h"

namespace durable_streams::auth {
namespace {

const std::string rfc_jwk = R"({"kty":"EC","crv":"P-256","kid":"rfc",)"
                            R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                            R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
const std::string rfc_thumbprint = "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U";

// The thumbprints of the keys that may have signed a token of that `kid`.
std::vector<std::string> candidates(const KeySet& keys,
                                    std::optional<std::string> kid) {
  std::vector<std::string> found;
  for (const PublicKey& key : keys.candidates(kid))
    found.push_back(key.thumbprint());
  return found;
}

std::string refusal(const Result<KeySet>& keys) {
  return keys ? "accepted" : keys.error().message();
}

using Names = std::vector<std::string>;

TEST(KeySet, OnePemFileAnswersToAnyKid) {
  KeyFiles files;
  files.files["/keys/verify_key.pem"] = test_key("a").public_pem();
  const auto keys = KeySet::load("/keys/verify_key.pem", files);
  ASSERT_TRUE(keys) << keys.error().message();
  const Names only{test_key("a").thumbprint()};
  EXPECT_EQ(candidates(*keys, {}), only);
  EXPECT_EQ(candidates(*keys, "verify_key"), only);
  EXPECT_EQ(candidates(*keys, "whatever the app calls it"), only);
}

TEST(KeySet, DirectoryIsChosenFromByStemOrThumbprint) {
  KeyFiles files;
  files.files["/keys/2025-06.pem"] = test_key("a").public_pem();
  files.files["/keys/2025-07.pem"] = test_key("b").public_pem();
  files.files["/keys/README"] = "not a key";
  const auto keys = KeySet::load("/keys", files);
  ASSERT_TRUE(keys) << keys.error().message();
  EXPECT_EQ(keys->size(), 2u);
  const std::string a = test_key("a").thumbprint();
  const std::string b = test_key("b").thumbprint();
  EXPECT_EQ(candidates(*keys, "2025-06"), Names{a});
  EXPECT_EQ(candidates(*keys, "2025-07"), Names{b});
  EXPECT_EQ(candidates(*keys, a), Names{a});
  EXPECT_EQ(candidates(*keys, b), Names{b});
  EXPECT_EQ(candidates(*keys, {}), (Names{a, b}));
  EXPECT_EQ(candidates(*keys, "2025-08"), Names{});
  EXPECT_EQ(candidates(*keys, ""), Names{});
}

TEST(KeySet, TheSameKeyTwiceIsOneKey) {
  KeyFiles files;
  files.files["/keys/old.pem"] = test_key("a").public_pem();
  files.files["/keys/other.pem"] = test_key("b").public_pem();
  files.files["/keys/same-as-old.pem"] = test_key("a").public_pem();
  const auto keys = KeySet::load("/keys", files);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 2u);
  EXPECT_EQ(candidates(*keys, "same-as-old"), candidates(*keys, "old"));
}

TEST(KeySet, PemFileOfSeveralKeysIsChosenFromByThumbprintAlone) {
  KeyFiles files;
  files.files["/both.pem"] = test_key("a").public_pem() + test_key("b").public_pem();
  const auto keys = KeySet::load("/both.pem", files);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 2u);
  EXPECT_EQ(candidates(*keys, test_key("b").thumbprint()),
            Names{test_key("b").thumbprint()});
  EXPECT_EQ(candidates(*keys, "both"), Names{});
}

TEST(KeySet, ReadsAJwkSetAndOneJwk) {
  KeyFiles files;
  files.files["/jwks.json"] = " {\"keys\":[" + rfc_jwk + "]}\n";
  files.files["/jwk.json"] = rfc_jwk;
  for (const char* path : {"/jwks.json", "/jwk.json"}) {
    const auto keys = KeySet::load(path, files);
    ASSERT_TRUE(keys) << keys.error().message();
    EXPECT_EQ(candidates(*keys, "rfc"), Names{rfc_thumbprint});
  }
}

TEST(KeySet, PassesOverJwksForOtherPurposes) {
  KeyFiles files;
  const std::string others =
      R"({"kty":"RSA","n":"AQAB","e":"AQAB","kid":"rsa"},)"
      R"({"kty":"EC","crv":"P-384","x":"","y":"","kid":"p384"},)"
      R"({"kty":"OKP","crv":"Ed25519","x":"AA"},)"
      R"({"kty":"EC","crv":"P-256","use":"enc","x":"AA","y":"AA","kid":"enc"},)"
      R"({"kty":"EC","crv":"P-256","alg":"ECDH-ES","x":"AA","y":"AA","kid":"ecdh"},)"
      R"({"kty":"new kind"})";
  files.files["/jwks.json"] = "{\"keys\":[" + others + "," + rfc_jwk + "]}";
  const auto keys = KeySet::load("/jwks.json", files);
  ASSERT_TRUE(keys) << keys.error().message();
  EXPECT_EQ(keys->size(), 1u);
  files.files["/others.json"] = "{\"keys\":[" + others + "]}";
  EXPECT_EQ(refusal(KeySet::load("/others.json", files)),
            "/others.json: there is no EC P-256 key for ES256 in it "
            "(no usable key for ES256)");
}

TEST(KeySet, RefusesBrokenJwks) {
  const std::string x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
  const std::string head = R"({"kty":"EC","crv":"P-256",)";
  const std::pair<std::string, const char*> cases[] = {
      {"{", "it begins like a JWK Set but is not valid JSON"},
      {"{\"keys\":7}", "\"keys\" is no array"},
      {"{\"keys\":[7]}", "\"keys\" holds what is no object"},
      {head + R"("x":")" + x + R"(","y":")" + x + "\"}",
       "the key's coordinates are no point of P-256"},
      {head + R"("x":"AA","y":"AA"})", "a coordinate of the key has not 32 bytes"},
      {head + R"("x":"A=","y":"AA"})", "\"x\" of a key is no base64url"},
      {head + R"("x":7,"y":"AA"})", "\"x\" of a key is no string"},
      {rfc_jwk.substr(0, rfc_jwk.size() - 1) + R"(,"d":"AA"})",
       "it holds a private key (\"d\"); the server needs the public part alone"},
  };
  for (const auto& [text, detail] : cases) {
    KeyFiles files;
    files.files["/jwks.json"] = text;
    EXPECT_EQ(refusal(KeySet::load("/jwks.json", files)),
              fmt::format("/jwks.json: {} (no usable key for ES256)", detail));
  }
}

TEST(KeySet, TwoKeysOfOneNameAreRefused) {
  KeyFiles files;
  files.files["/keys/a.pem"] = test_key("a").public_pem();
  files.files["/keys/b.pem"] = rfc_jwk.substr(0, rfc_jwk.find("\"kid\"")) +
                               "\"kid\":\"a\"," + rfc_jwk.substr(rfc_jwk.find("\"x\""));
  EXPECT_EQ(refusal(KeySet::load("/keys", files)),
            "/keys/b.pem: two keys are named \"a\" (no usable key for ES256)");
}

TEST(KeySet, NumberOfKeysIsBound) {
  KeyFiles files;
  for (size_t i = 0; i < keys_max; ++i) {
    files.files[fmt::format("/keys/{:02}.pem", i)] =
        test_key(std::to_string(i)).public_pem();
  }
  EXPECT_TRUE(KeySet::load("/keys", files));
  files.files["/keys/one-more.pem"] = test_key("one more").public_pem();
  EXPECT_EQ(
      refusal(KeySet::load("/keys", files)),
      "/keys/one-more.pem: there are more than 16 keys (no usable key for ES256)");
}

TEST(KeySet, NamesTheFileThatIsWrong) {
  KeyFiles files;
  files.files["/keys/good.pem"] = test_key("a").public_pem();
  files.files["/keys/private.pem"] = test_key("b").private_pem();
  EXPECT_EQ(
      refusal(KeySet::load("/keys", files)),
      "/keys/private.pem: it holds a private key; the server needs the public part "
      "alone (no usable key for ES256)");
  files.files["/empty/README"] = "";
  EXPECT_EQ(
      refusal(KeySet::load("/empty", files)),
      "/empty: there is no EC P-256 key for ES256 in it (no usable key for ES256)");
  files.files["/huge.pem"] = std::string(2 * 1024 * 1024, 'x');
  EXPECT_EQ(refusal(KeySet::load("/huge.pem", files)),
            "/huge.pem: it is too large for a file of keys (no usable key for ES256)");
  const auto missing = KeySet::load("/nowhere.pem", files);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, std::errc::no_such_file_or_directory);
}

TEST(KeySet, TellsFilesFromDirectoriesOnTheRealFileSystem) {
  const auto keys = KeySet::load("/nonexistent-directory/key.pem", posix_file_system());
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().code, std::errc::no_such_file_or_directory);
  // A file that is certainly no key.
  EXPECT_EQ(refusal(KeySet::load("/proc/self/status", posix_file_system())),
            "/proc/self/status: it holds no PEM block BEGIN PUBLIC KEY "
            "(no usable key for ES256)");
}

}  // namespace
}  // namespace durable_streams::auth
