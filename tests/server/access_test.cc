// Who may do what with a token, over the real handlers: every cell of the table
// of rights, and every way a token can be wrong. What is refused has done nothing.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "api_fixture.h"
#include "auth/token_signer.h"
#include "base/file_system.h"

namespace durable_streams::server {
namespace {

using http::Field;
using http::Method;

// The keys of this test's server, on disk as the server reads them.
struct Keys {
  Keys() {
    auto made = auth::generate_key_pair();
    pair = std::move(*made);
    std::string name = (std::filesystem::temp_directory_path() / "access_test_XXXXXX");
    directory = mkdtemp(name.data());
    std::ofstream(path()) << pair.public_pem;
  }
  ~Keys() { std::filesystem::remove_all(directory); }

  std::string path() const { return directory / "verify.pem"; }

  std::unique_ptr<Access> access() const {
    auto verifier = auth::TokenVerifier::open(
        {path(), "https://app.example", "https://streams.example"},
        posix_file_system());
    return std::make_unique<Access>(std::move(*verifier));
  }

  auth::KeyPair pair;
  std::filesystem::path directory;
};

Keys& keys() {
  static Keys made;
  return made;
}

class TokenAccess : public ApiFixture {
 protected:
  TokenAccess() : ApiFixture(keys().access()) {
    server_.server = true;
    server_.expires_at_ms = clock_.wall_ms() + 60'000;
    reader_.stream = writer_.stream = "a";
    reader_.may_read = true;
    writer_.may_write = true;
    reader_.expires_at_ms = writer_.expires_at_ms = server_.expires_at_ms;
  }

  std::string token(const auth::TokenClaims& claims) const {
    return token(claims, frame(), keys().pair.private_pem);
  }

  static std::string token(const auth::TokenClaims& claims,
                           const auth::TokenFrame& frame,
                           const std::string& private_pem) {
    auto signed_token = auth::sign_token(claims, frame, private_pem);
    EXPECT_TRUE(signed_token);
    return *signed_token;
  }

  auth::TokenFrame frame() const {
    auth::TokenFrame frame;
    frame.issued_at_ms = clock_.wall_ms();
    frame.issuer = "https://app.example";
    frame.audience = "https://streams.example";
    return frame;
  }

  // The status of an operation on stream `name` with `token` as a Bearer.
  int status_of(const std::string& operation, const std::string& name,
                const std::string& token) {
    last_ = request(operation, name);
    last_->with(Field::authorization, "Bearer " + token)
        .with(Field::origin, "http://localhost:3000");
    begin(*last_);
    return last_->status;
  }

  std::unique_ptr<Exchange> request(const std::string& operation,
                                    const std::string& name) {
    if (operation == "create") {
      auto put = exchange(Method::put, url(name));
      put->with(Field::content_type, "text/plain");
      return put;
    }
    if (operation == "append") {
      auto post = exchange(Method::post, url(name));
      post->with(Field::content_type, "text/plain").with_body("x");
      return post;
    }
    if (operation == "close") {
      auto post = exchange(Method::post, url(name));
      post->with(Field::stream_closed, "true");
      return post;
    }
    if (operation == "read") return exchange(Method::get, url(name));
    if (operation == "long-poll") {
      return exchange(Method::get, url(name + "?offset=-1&live=long-poll"));
    }
    if (operation == "metadata") return exchange(Method::head, url(name));
    EXPECT_EQ(operation, "delete");
    return exchange(Method::del, url(name));
  }

  std::string tail(const std::string& name) {
    status_of("metadata", name, token(server_));
    return last_->header("stream-next-offset") + last_->header("stream-closed");
  }

  auth::TokenClaims server_, reader_, writer_;
  std::unique_ptr<Exchange> last_;
};

TEST_F(TokenAccess, EveryCellOfTheTableOfRights) {
  struct Row {
    const char* operation;
    bool server, reader, writer;
  };
  const Row rows[] = {
      {"create", true, false, false}, {"append", true, false, true},
      {"read", true, true, false},    {"long-poll", true, true, false},
      {"metadata", true, true, true}, {"close", true, false, false},
      {"delete", true, false, false},
  };
  for (const Row& row : rows) {
    for (const auto& [who, claims, allowed] :
         {std::tuple{"server", server_, row.server},
          std::tuple{"reader", reader_, row.reader},
          std::tuple{"writer", writer_, row.writer}}) {
      status_of("delete", "a", token(server_));
      status_of("create", "a", token(server_));
      status_of("append", "a", token(server_));
      const std::string before = tail("a");
      const int status = status_of(row.operation, "a", token(claims));
      EXPECT_EQ(status < 300, allowed) << who << " " << row.operation << ": " << status;
      if (!allowed) {
        EXPECT_EQ(status, 403) << who << " " << row.operation;
        EXPECT_EQ(tail("a"), before) << who << " " << row.operation;
      }
    }
  }
}

TEST_F(TokenAccess, AClientsTokenOpensItsOneStreamAndSaysSo) {
  status_of("create", "a", token(server_));
  status_of("create", "b", token(server_));
  EXPECT_EQ(status_of("read", "b", token(reader_)), 403);
  EXPECT_NE(last_->body.find('a'), std::string::npos);
  EXPECT_NE(last_->body.find('b'), std::string::npos);
  EXPECT_EQ(status_of("read", "a/", token(reader_)), 403);
  EXPECT_EQ(status_of("read", "%61", token(reader_)), 200);  // The same name.

  auth::TokenClaims control = reader_;
  control.stream = "__ds/jwks.json";
  EXPECT_EQ(status_of("read", "__ds/jwks.json", token(control)), 403);
}

TEST_F(TokenAccess, TheTokenMayStandInTheQuery) {
  status_of("create", "a", token(server_));
  auto read = exchange(Method::get, url("a?token=" + token(reader_)));
  begin(*read);
  EXPECT_EQ(read->status, 200);
  EXPECT_EQ(read->header("cache-control").find("public"), std::string::npos);
  auto twice = exchange(Method::get,
                        url("a?token=" + token(reader_) + "&token=" + token(reader_)));
  begin(*twice);
  EXPECT_EQ(twice->status, 401);
}

TEST_F(TokenAccess, AWrongTokenIs401WithAReasonAndDoesNothing) {
  status_of("create", "a", token(server_));
  const std::string before = tail("a");
  const std::string good = token(server_);
  auto stranger = auth::generate_key_pair();

  auth::TokenClaims expired = server_;
  expired.expires_at_ms = clock_.wall_ms() - 60'000;
  auth::TokenFrame early = frame();
  early.not_before_ms = clock_.wall_ms() + 600'000;
  auth::TokenFrame other_issuer = frame();
  other_issuer.issuer = "https://evil.example";
  auth::TokenFrame other_audience = frame();
  other_audience.audience = "https://evil.example";

  const std::string payload =
      good.substr(good.find('.'), good.rfind('.') - good.find('.'));
  const std::string& pem = keys().pair.private_pem;
  const std::pair<const char*, std::string> cases[] = {
      {"nothing", ""},
      {"garbage", "not.a.token"},
      {"cut short", good.substr(0, good.size() - 4)},
      {"another key", token(server_, frame(), stranger->private_pem)},
      {"alg none", "eyJhbGciOiJub25lIn0" + payload + "."},
      {"alg HS256", "eyJhbGciOiJIUzI1NiJ9" + payload + good.substr(good.rfind('.'))},
      {"expired", token(expired)},
      {"not yet valid", token(server_, early, pem)},
      {"another issuer", token(server_, other_issuer, pem)},
      {"another audience", token(server_, other_audience, pem)},
  };
  for (const auto& [what, wrong] : cases) {
    EXPECT_EQ(status_of("append", "a", wrong), 401) << what;
    EXPECT_EQ(last_->header("www-authenticate"), "Bearer") << what;
    EXPECT_NE(last_->body.find("\"message\":\""), std::string::npos) << what;
    EXPECT_TRUE(last_->has("access-control-allow-origin")) << what;
  }
  EXPECT_EQ(tail("a"), before);

  auto none = request("append", "a");
  begin(*none);
  EXPECT_EQ(none->status, 401);
  EXPECT_EQ(tail("a"), before);
}

TEST_F(TokenAccess, ABodyWithoutPermissionIsRefusedBeforeItIsRead) {
  auto post = exchange(Method::post, url("a"));
  EXPECT_FALSE(api_.accept_head(*post));
  EXPECT_EQ(post->status, 401);
}

TEST_F(TokenAccess, AClientCannotFenceTheAppServerOut) {
  status_of("create", "a", token(server_));
  const auto append = [&](const auth::TokenClaims& claims, const std::string& epoch) {
    auto post = request("append", "a");
    post->with(Field::authorization, "Bearer " + token(claims))
        .with(Field::producer_id, "p")
        .with(Field::producer_epoch, epoch)
        .with(Field::producer_seq, "0");
    begin(*post);
    return post->status;
  };
  EXPECT_EQ(append(writer_, "9007199254740991"), 200);
  EXPECT_EQ(append(server_, "0"), 200);
  auth::TokenClaims anna = writer_, ben = writer_;
  anna.identity = "anna";
  ben.identity = "ben";
  EXPECT_EQ(append(anna, "5"), 200);
  EXPECT_EQ(append(ben, "1"), 200);
  EXPECT_EQ(append(anna, "4"), 403);
}

TEST_F(TokenAccess, ALiveReadEndsWithItsToken) {
  status_of("create", "a", token(server_));
  auth::TokenClaims brief = reader_;
  brief.expires_at_ms = clock_.wall_ms() + 10'000;
  auto live = exchange(Method::get, url("a?offset=-1&live=sse"));
  live->with(Field::authorization, "Bearer " + token(brief));
  begin(*live);
  EXPECT_TRUE(live->live);
  pass_ms(9'000);
  EXPECT_FALSE(live->answered);
  pass_ms(1'200);
  EXPECT_TRUE(live->answered);
}

}  // namespace
}  // namespace durable_streams::server
