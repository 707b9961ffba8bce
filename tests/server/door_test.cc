// Who gets in without tokens, and the form of every refusal.
#include "api_fixture.h"

namespace durable_streams::server {
namespace {

using http::Field;
using http::Method;

class Door : public ApiFixture {};

TEST_F(Door, OnlyNamesOfThisMachineAreServed) {
  auto rebound = exchange(Method::put, url("a"));
  rebound->with(Field::host, "evil.example:4437");
  begin(*rebound);
  EXPECT_EQ(rebound->status, 403);
  EXPECT_EQ(get("a")->status, 404);  // Nothing was done.

  for (const char* host :
       {"localhost:4437", "127.0.0.1", "[::1]:4437", "app.localhost"}) {
    auto request = exchange(Method::get, url("a"));
    request->with(Field::host, host);
    begin(*request);
    EXPECT_EQ(request->status, 404) << host;
  }
}

TEST_F(Door, PagesOfOtherOriginsCannotEvenSendAPlainPost) {
  put("a", "text/plain");
  auto foreign = exchange(Method::post, url("a"));
  foreign->with(Field::origin, "https://evil.example")
      .with(Field::content_type, "text/plain")
      .with_body("x");
  begin(*foreign);
  EXPECT_EQ(foreign->status, 403);
  EXPECT_FALSE(foreign->has("access-control-allow-origin"));
  EXPECT_EQ(get("a")->body, "");

  auto own = exchange(Method::get, url("a"));
  own->with(Field::origin, "http://localhost:3000");
  begin(*own);
  EXPECT_EQ(own->status, 200);
  EXPECT_EQ(own->header("access-control-allow-origin"), "http://localhost:3000");
}

TEST_F(Door, OnlyWritesOfNoPageGoWithoutTheFieldsForPages) {
  put("a", "text/plain");
  for (const Method method :
       {Method::put, Method::post, Method::del, Method::get, Method::head}) {
    for (const bool page : {false, true}) {
      auto request = exchange(method, url("a"));
      request->with(Field::content_type, "text/plain");
      if (page) request->with(Field::origin, "http://localhost:3000");
      begin(*request);
      const bool reads = method == Method::get || method == Method::head;
      EXPECT_EQ(request->has("access-control-expose-headers"), page || reads)
          << static_cast<int>(method);
      EXPECT_EQ(request->has("access-control-allow-origin"), page);
      EXPECT_EQ(request->has("vary"), page || reads) << "caches keep what is read";
      EXPECT_EQ(request->header("x-content-type-options"), "nosniff");
    }
  }
}

TEST_F(Door, PreflightNeedsNothing) {
  auto preflight = exchange(Method::options, url("a"));
  preflight->with(Field::origin, "http://localhost:3000");
  begin(*preflight);
  EXPECT_EQ(preflight->status, 204);
  EXPECT_NE(preflight->header("access-control-allow-headers").find("Authorization"),
            std::string::npos);
  EXPECT_NE(preflight->header("access-control-allow-methods").find("DELETE"),
            std::string::npos);
}

TEST_F(Door, EveryRefusalHasTheCommonFieldsAndAJsonBody) {
  struct Case {
    const char* what;
    Method method;
    std::string target;
    int status;
    const char* code;
  };
  const Case cases[] = {
      {"no such stream", Method::get, url("none"), 404, "stream_not_found"},
      {"outside the route", Method::get, "/elsewhere", 404, "not_found"},
      {"no name", Method::get, "/v1/streams/", 404, "not_found"},
      {"broken escape", Method::get, url("a%zz"), 400, "invalid_stream_name"},
      {"unknown method", Method::other, url("a"), 405, "method_not_allowed"},
      {"reserved name", Method::put, url("__ds/subscriptions/x"), 501,
       "subscriptions_not_available"},
      {"bad offset", Method::get, url("a?offset=x"), 400, "invalid_offset"},
      {"nothing to append", Method::post, url("a"), 400, "empty_body"},
  };
  for (const Case& one : cases) {
    auto request = exchange(one.method, one.target);
    request->with(Field::origin, "http://localhost:3000");
    begin(*request);
    EXPECT_EQ(request->status, one.status) << one.what;
    EXPECT_NE(
        request->body.find("{\"error\":{\"code\":\"" + std::string(one.code) + "\""),
        std::string::npos)
        << one.what << ": " << request->body;
    EXPECT_EQ(request->header("content-type"), "application/json") << one.what;
    EXPECT_EQ(request->header("x-content-type-options"), "nosniff") << one.what;
    EXPECT_EQ(request->header("cross-origin-resource-policy"), "cross-origin")
        << one.what;
    EXPECT_TRUE(request->has("access-control-expose-headers")) << one.what;
  }
}

TEST_F(Door, StreamNamesAreOpaque) {
  put("gid://app/Room/1/../x");
  EXPECT_EQ(get("gid://app/Room/1/../x")->status, 200);
  EXPECT_EQ(get("gid:%2F%2Fapp%2FRoom/1/%2E./x")->status, 200);
  EXPECT_EQ(get("gid:/app/Room/1/../x")->status, 404);
  EXPECT_EQ(get("gid://app/Room/x")->status, 404);
}

TEST_F(Door, AForkIsRefusedAndNotMadeAPlainStream) {
  auto fork = exchange(Method::put, url("fork"));
  fork->with(Field::stream_forked_from, "/v1/streams/a");
  begin(*fork);
  EXPECT_EQ(fork->status, 501);
  EXPECT_EQ(get("fork")->status, 404);
}

TEST_F(Door, HealthNeedsNoLeave) {
  auto up = exchange(Method::get, "/up");
  up->with(Field::host, "anything.example");
  begin(*up);
  EXPECT_EQ(up->status, 200);
  EXPECT_EQ(up->body, R"({"status":"ok","version":")" DURABLE_STREAMS_VERSION R"("})");
}

}  // namespace
}  // namespace durable_streams::server
