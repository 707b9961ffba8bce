#include "auth/token_verifier.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <atomic>
#include <thread>

#include "auth/base64url.h"
#include "auth/errc.h"
#include "auth/token_signer.h"
#include "key_files.h"

namespace durable_streams::auth {
namespace {

constexpr int64_t now_ms = 1'750'000'000'000;
constexpr int64_t now_s = now_ms / 1000;
const std::string es256_header = R"({"alg":"ES256","typ":"JWT"})";

class TokenVerifierTest : public ::testing::Test {
 protected:
  TokenVerifierTest() {
    files.files["/keys/main.pem"] = test_key("main").public_pem();
    verifier =
        open({"/keys/main.pem", "https://app.example", "https://streams.example"});
  }

  std::unique_ptr<TokenVerifier> open(TokenRules rules) {
    auto opened = TokenVerifier::open(std::move(rules), files);
    EXPECT_TRUE(opened) << opened.error().message();
    return std::move(*opened);
  }

  static std::string sign(const std::string& payload, const std::string& key = "main",
                          const std::string& header = es256_header) {
    return *sign_json(header, payload, test_key(key));
  }

  // A payload that is good, with `more` members behind.
  static std::string payload(const std::string& more = "",
                             const std::string& iss = "https://app.example",
                             const std::string& aud = "https://streams.example") {
    return fmt::format(
        R"({{"stream":"room","permissions":["read"],"exp":{},"iss":"{}",)"
        R"("aud":"{}"{}}})",
        now_s + 60, iss, aud, more);
  }

  // "good", or the name of the refusal.
  std::string verdict(std::string_view token, int64_t wall_ms = now_ms) const {
    const auto claims = verifier->verify(token, wall_ms);
    if (claims) return "good";
    EXPECT_EQ(&claims.error().code.category(), &error_category());
    return claims.error().code.message();
  }

  static std::string sentence(Errc code) { return std::error_code(code).message(); }

  KeyFiles files;
  std::unique_ptr<TokenVerifier> verifier;
};

TEST_F(TokenVerifierTest, TellsWhatAGoodTokenSays) {
  const auto claims = verifier->verify(sign(payload(R"(,"identity":"ann")")), now_ms);
  ASSERT_TRUE(claims) << claims.error().message();
  EXPECT_EQ((*claims)->stream, "room");
  EXPECT_TRUE((*claims)->may_read);
  EXPECT_FALSE((*claims)->may_write);
  EXPECT_FALSE((*claims)->server);
  EXPECT_EQ((*claims)->identity, "ann");
  EXPECT_EQ((*claims)->expires_at_ms, now_ms + 60'000);
}

TEST_F(TokenVerifierTest, ReadsBackWhatTheSignerWrites) {
  TokenClaims claims;
  claims.stream = std::string("gid://app/Room/1/\xc3\xa9\0 \"\\", 23);
  claims.may_write = true;
  claims.identity = "ann";
  claims.expires_at_ms = now_ms + 5000;
  const TokenFrame frame{now_ms, now_ms, "https://app.example",
                         "https://streams.example", "any"};
  const auto token = sign_token(claims, frame, test_key("main").private_pem());
  ASSERT_TRUE(token);
  const auto read = verifier->verify(*token, now_ms);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ((*read)->stream, claims.stream);
  EXPECT_EQ((*read)->may_write, true);
  EXPECT_EQ((*read)->identity, "ann");
  EXPECT_EQ((*read)->expires_at_ms, claims.expires_at_ms);
}

TEST_F(TokenVerifierTest, RefusesAnotherKeysSignature) {
  EXPECT_EQ(verdict(sign(payload(), "stranger")), sentence(Errc::bad_signature));
}

TEST_F(TokenVerifierTest, RefusesAWrongSignature) {
  const std::string token = sign(payload());
  const std::string other = sign(payload(R"(,"x":1)"));
  const std::string spliced =
      token.substr(0, token.rfind('.')) + other.substr(other.rfind('.'));
  EXPECT_EQ(verdict(spliced), sentence(Errc::bad_signature));
  EXPECT_EQ(verdict(token.substr(0, token.rfind('.') + 1)),
            sentence(Errc::bad_signature));
}

TEST_F(TokenVerifierTest, RefusesAlgNone) {
  for (const char* alg : {"none", "None", "NONE", ""}) {
    const std::string unsigned_token =
        base64url_encode(fmt::format(R"({{"alg":"{}"}})", alg)) + "." +
        base64url_encode(payload()) + ".";
    EXPECT_EQ(verdict(unsigned_token), sentence(Errc::wrong_algorithm));
    EXPECT_EQ(verdict(sign(payload(), "main", fmt::format(R"({{"alg":"{}"}})", alg))),
              sentence(Errc::wrong_algorithm));
  }
}

// The public key, which everybody may know, as the secret of a HMAC.
TEST_F(TokenVerifierTest, RefusesHs256WithThePublicKeyAsItsSecret) {
  const std::string pem = test_key("main").public_pem();
  const std::string text = base64url_encode(R"({"alg":"HS256","typ":"JWT"})") + "." +
                           base64url_encode(payload());
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  HMAC(EVP_sha256(), pem.data(), static_cast<int>(pem.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(mac.data()), &size);
  EXPECT_EQ(verdict(text + "." + base64url_encode(mac.substr(0, size))),
            sentence(Errc::wrong_algorithm));
  EXPECT_EQ(verdict(sign(payload(), "main", R"({"alg":"HS256"})")),
            sentence(Errc::wrong_algorithm));
}

TEST_F(TokenVerifierTest, EndsWithTheTokensLife) {
  const std::string token = sign(payload());
  EXPECT_EQ(verdict(token, now_ms + 59'999), "good");
  EXPECT_EQ(verdict(token, now_ms + 60'000), sentence(Errc::expired))
      << "cached or not";
  verifier = open({"/keys/main.pem", "", ""});
  EXPECT_EQ(verdict(token, now_ms + 60'000), sentence(Errc::expired));
  EXPECT_EQ(verdict(token, now_ms), "good");
}

TEST_F(TokenVerifierTest, RefusesATokenWithoutExpiry) {
  EXPECT_EQ(verdict(sign(R"({"server":true})")), sentence(Errc::bad_claims));
}

TEST_F(TokenVerifierTest, RefusesATokenThatIsNotYetValid) {
  for (const char* claim : {"nbf", "iat"}) {
    const auto with = [&](int64_t seconds) {
      return sign(payload(fmt::format(R"(,"{}":{})", claim, seconds)));
    };
    EXPECT_EQ(verdict(with(now_s - 1000)), "good");
    EXPECT_EQ(verdict(with(now_s + token_leeway_ms / 1000)), "good") << "clocks differ";
    EXPECT_EQ(verdict(with(now_s + token_leeway_ms / 1000 + 1)),
              sentence(Errc::not_yet_valid));
  }
}

TEST_F(TokenVerifierTest, IssuerMustBeTheConfiguredOne) {
  EXPECT_EQ(verdict(sign(payload("", "https://other.example"))),
            sentence(Errc::wrong_issuer));
  EXPECT_EQ(verdict(sign(payload("", "https://app.example/"))),
            sentence(Errc::wrong_issuer));
  EXPECT_EQ(verdict(sign(fmt::format(
                R"({{"server":true,"exp":{},"aud":"https://streams.example"}})",
                now_s + 60))),
            sentence(Errc::wrong_issuer));
  verifier = open({"/keys/main.pem", "", "https://streams.example"});
  EXPECT_EQ(verdict(sign(payload("", "https://other.example"))), "good");
}

TEST_F(TokenVerifierTest, AudienceMustBeOrHoldTheConfiguredOne) {
  const auto with = [](const std::string& aud) {
    return sign(
        fmt::format(R"({{"server":true,"exp":{},"iss":"https://app.example"{}}})",
                    now_s + 60, aud));
  };
  EXPECT_EQ(verdict(with(R"(,"aud":"https://streams.example")")), "good");
  EXPECT_EQ(verdict(with(R"(,"aud":["x","https://streams.example"])")), "good");
  for (const char* aud :
       {"", R"(,"aud":"https://other.example")", R"(,"aud":[])", R"(,"aud":["x"])",
        R"(,"aud":"https://streams.example/v1")"}) {
    EXPECT_EQ(verdict(with(aud)), sentence(Errc::wrong_audience)) << aud;
  }
  verifier = open({"/keys/main.pem", "https://app.example", ""});
  EXPECT_EQ(verdict(with("")), "good");
}

TEST_F(TokenVerifierTest, SaysNothingOfClaimsBeforeTheSignatureIsGood) {
  EXPECT_EQ(verdict(sign("{", "stranger")), sentence(Errc::bad_signature));
  EXPECT_EQ(verdict(sign(R"({"server":true,"exp":1})", "stranger")),
            sentence(Errc::bad_signature));
}

TEST_F(TokenVerifierTest, RefusesWhatIsNoToken) {
  const std::string good = sign(payload());
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("..."),
        std::string("a.b"), good + ".", good + "=", "." + good, good + "." + good,
        good + "\n", " " + good, "Bearer " + good, std::string("\0\0.\0", 4)}) {
    const auto claims = verifier->verify(text, now_ms);
    ASSERT_FALSE(claims) << ::testing::PrintToString(text);
    EXPECT_EQ(claims.error().code, Errc::malformed) << ::testing::PrintToString(text);
  }
}

TEST_F(TokenVerifierTest, LooksAtNoTokenBeyondABound) {
  const auto with_padding = [&](size_t size) {
    return sign(payload(fmt::format(R"(,"padding":"{}")", std::string(size, 'x'))));
  };
  EXPECT_EQ(verdict(with_padding(8000)), "good");
  EXPECT_EQ(verdict(with_padding(10'000)), sentence(Errc::too_large));
}

TEST_F(TokenVerifierTest, KidChoosesAmongSeveralKeys) {
  files.files["/keys/next.pem"] = test_key("next").public_pem();
  verifier = open({"/keys", "", ""});
  const auto signed_by = [](const std::string& key, const std::string& kid) {
    return sign(payload(), key, fmt::format(R"({{"alg":"ES256","kid":"{}"}})", kid));
  };
  EXPECT_EQ(verdict(signed_by("main", "main")), "good");
  EXPECT_EQ(verdict(signed_by("next", "next")), "good");
  EXPECT_EQ(verdict(signed_by("next", test_key("next").thumbprint())), "good");
  EXPECT_EQ(verdict(signed_by("next", "main")), sentence(Errc::bad_signature));
  EXPECT_EQ(verdict(signed_by("main", "gone")), sentence(Errc::unknown_key));
  EXPECT_EQ(verdict(sign(payload(), "next")), "good") << "without kid all are tried";
  EXPECT_EQ(verdict(sign(payload(), "stranger")), sentence(Errc::bad_signature));
}

TEST_F(TokenVerifierTest, ReloadTakesNewKeysAndForgetsWhatOldOnesSigned) {
  const std::string old_token = sign(payload());
  EXPECT_EQ(verdict(old_token), "good");
  files.files["/keys/main.pem"] = test_key("next").public_pem();
  EXPECT_EQ(verdict(old_token), "good") << "nothing changes before the reload";
  EXPECT_TRUE(verifier->reload());
  EXPECT_EQ(verdict(old_token), sentence(Errc::bad_signature));
  EXPECT_EQ(verdict(sign(payload(), "next")), "good");
}

TEST_F(TokenVerifierTest, FailedReloadKeepsTheOldKeys) {
  const std::string token = sign(payload());
  files.files["/keys/main.pem"] = "half written";
  const auto reloaded = verifier->reload();
  ASSERT_FALSE(reloaded);
  EXPECT_EQ(reloaded.error().code, Errc::unusable_key);
  EXPECT_EQ(verdict(token), "good");
  files.files.clear();
  EXPECT_FALSE(verifier->reload());
  EXPECT_EQ(verdict(token), "good");
}

TEST_F(TokenVerifierTest, OpenNeedsUsableKeys) {
  const auto missing = TokenVerifier::open({"/nowhere", "", ""}, files);
  ASSERT_FALSE(missing);
  files.files["/keys/main.pem"] = test_key("main").private_pem();
  const auto opened = TokenVerifier::open({"/keys/main.pem", "", ""}, files);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::unusable_key);
}

TEST_F(TokenVerifierTest, IsSharedByThreadsWhileKeysAreReread) {
  const std::string main_token = sign(payload());
  const std::string bad_token = sign(payload(), "stranger");
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        if (!verifier->verify(main_token, now_ms)) ++wrong;
        if (verifier->verify(bad_token, now_ms)) ++wrong;
      }
    });
  }
  for (int i = 0; i < 50; ++i)
    EXPECT_TRUE(verifier->reload());
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace durable_streams::auth
