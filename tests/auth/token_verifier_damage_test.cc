// Damaged tokens: whatever is changed in a good one, the result is refused.
//
// Operations: every bit of a token flipped, every prefix of it, random edits of
// its text, random edits of its decoded parts. Invariant: only the very text
// that was signed is good. Second, edits that are signed anew: whatever the
// payload says, verify() returns and grants no more than the payload's words.

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include "auth/base64url.h"
#include "auth/errc.h"
#include "auth/token_signer.h"
#include "auth/token_verifier.h"
#include "key_files.h"
#include "testing/random.h"

namespace durable_streams::auth {
namespace {

constexpr int64_t now_ms = 1'750'000'000'000;
const std::string header = R"({"alg":"ES256","kid":"k"})";
const std::string payload =
    R"({"stream":"room","permissions":["read","write"],"identity":"ann","iss":"app",)"
    R"("aud":["streams"],"iat":1750000000,"exp":1750000060})";

class DamagedToken : public ::testing::Test {
 protected:
  DamagedToken() {
    files.files["/key.pem"] = test_key("main").public_pem();
    verifier = *TokenVerifier::open({"/key.pem", "app", "streams"}, files);
    token = *sign_json(header, payload, test_key("main"));
    // In the cache, so that a damaged one could be taken for it.
    EXPECT_TRUE(verifier->verify(token, now_ms));
  }

  void expect_refused(const std::string& text) const {
    if (text == token) return;
    ASSERT_FALSE(verifier->verify(text, now_ms)) << text;
  }

  KeyFiles files;
  std::unique_ptr<TokenVerifier> verifier;
  std::string token;
};

TEST_F(DamagedToken, AnyFlippedBitIsRefused) {
  for (size_t bit = 0; bit < token.size() * 8; ++bit) {
    std::string damaged = token;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    ASSERT_NO_FATAL_FAILURE(expect_refused(damaged));
  }
}

TEST_F(DamagedToken, AnyTruncationIsRefused) {
  for (size_t size = 0; size < token.size(); ++size) {
    ASSERT_NO_FATAL_FAILURE(expect_refused(token.substr(0, size)));
    ASSERT_NO_FATAL_FAILURE(expect_refused(token.substr(size + 1)));
  }
}

TEST_F(DamagedToken, AnyEditIsRefused) {
  testing::Random random;
  for (int round = 0; round < 5000; ++round) {
    std::string damaged = token;
    for (size_t edits = 1 + random.below(3); edits > 0; --edits) {
      damaged = testing::mutate(random, std::move(damaged), "AZaz09-_.=");
    }
    ASSERT_NO_FATAL_FAILURE(expect_refused(damaged));
  }
}

TEST_F(DamagedToken, AnyEditOfADecodedPartIsRefused) {
  testing::Random random;
  const std::string signature = token.substr(token.rfind('.'));
  for (int round = 0; round < 5000; ++round) {
    const bool edits_header = random.one_in(3);
    const std::string head =
        edits_header ? testing::mutate(random, header, "\"{}:,ES256none") : header;
    const std::string body =
        edits_header ? payload : testing::mutate(random, payload, "\"{}[]:,0123456789");
    ASSERT_NO_FATAL_FAILURE(expect_refused(base64url_encode(head) + "." +
                                           base64url_encode(body) + signature));
  }
}

// What a second parser reads from a payload: does it name that stream and
// right? Of doubled members it takes the first.
bool payload_grants(const std::string& json, const TokenClaims& claims) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return false;
  const auto member = [&](const char* name) -> const rapidjson::Value* {
    const auto found = document.FindMember(name);
    return found == document.MemberEnd() ? nullptr : &found->value;
  };
  const auto* exp = member("exp");
  if (exp == nullptr || !exp->IsNumber() || exp->GetDouble() * 1000 <= now_ms)
    return false;
  const auto* server = member("server");
  const bool is_server = server != nullptr && server->IsTrue();
  if (claims.server || is_server) return claims.server == is_server;
  const auto* stream = member("stream");
  const auto* permissions = member("permissions");
  if (stream == nullptr || !stream->IsString() ||
      stream->GetString() != claims.stream) {
    return false;
  }
  bool may_read = false;
  bool may_write = false;
  if (permissions == nullptr || !permissions->IsArray()) return false;
  for (const auto& permission : permissions->GetArray()) {
    if (!permission.IsString()) return false;
    if (permission.GetString() == std::string("read")) may_read = true;
    if (permission.GetString() == std::string("write")) may_write = true;
  }
  return may_read == claims.may_read && may_write == claims.may_write;
}

TEST_F(DamagedToken, SignedEditsGrantNoMoreThanTheirWords) {
  testing::Random random;
  int good = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string edited = payload;
    for (size_t edits = 1 + random.below(2); edits > 0; --edits) {
      edited =
          testing::mutate(random, std::move(edited), "\"{}[]:,0123456789.eadrstuvw ");
    }
    const auto text = sign_json(header, edited, test_key("main"));
    ASSERT_TRUE(text);
    const auto claims = verifier->verify(*text, now_ms);
    if (!claims) continue;
    ++good;
    ASSERT_TRUE(payload_grants(edited, **claims)) << edited;
  }
  EXPECT_GT(good, 0) << "the test met no token that was still good";
}

}  // namespace
}  // namespace durable_streams::auth
