#include "auth/loopback.h"

#include <gtest/gtest.h>

#include <string>

namespace durable_streams::auth {
namespace {

const char* const own_names[] = {
    "localhost",       "LocalHost",       "localhost:4437", "127.0.0.1",
    "127.0.0.1:4437",  "127.255.255.254", "127.1.2.3:1",    "[::1]",
    "[::1]:4437",      "app.localhost",   "a.b.localhost",  "my-app.LOCALHOST:3000",
    "my_app.localhost"};

const char* const other_names[] = {"",
                                   "example.com",
                                   "localhost.example.com",
                                   "notlocalhost",
                                   "localhost.",
                                   ".localhost",
                                   "a..localhost",
                                   "evil.com/.localhost",
                                   "evil.com#.localhost",
                                   "user@localhost",
                                   "127.0.0.1.example.com",
                                   "127.0.0.1@evil.com",
                                   "127.0.0",
                                   "127.0.0.1.1",
                                   "127.0.0.256",
                                   "127.0.0.01",
                                   "127.0.0.",
                                   "127.1",
                                   "128.0.0.1",
                                   "126.0.0.1",
                                   "10.0.0.1",
                                   "0.0.0.0",
                                   "0127.0.0.1",
                                   "2130706433",
                                   "0x7f.0.0.1",
                                   "::1",
                                   "[::1",
                                   "::1]",
                                   "[::2]",
                                   "[::1]x",
                                   "[::1]:",
                                   "[::ffff:127.0.0.1]",
                                   "localhost:",
                                   "localhost:x",
                                   "localhost:80:80",
                                   "localhost:123456",
                                   "localhost ",
                                   " localhost",
                                   "localhost,evil.com",
                                   "localhost\n",
                                   "\xc3\xa9.localhost"};

TEST(LoopbackHost, KnowsTheNamesOfThisMachine) {
  for (const char* host : own_names)
    EXPECT_TRUE(is_loopback_host(host)) << host;
}

TEST(LoopbackHost, TakesNoOther) {
  for (const char* host : other_names)
    EXPECT_FALSE(is_loopback_host(host)) << host;
  EXPECT_FALSE(is_loopback_host(std::string("localhost\0", 10)));
}

TEST(LoopbackOrigin, IsAPageOfThisMachine) {
  for (const char* host : own_names) {
    EXPECT_TRUE(is_loopback_origin(std::string("http://") + host)) << host;
    EXPECT_TRUE(is_loopback_origin(std::string("https://") + host)) << host;
  }
}

TEST(LoopbackOrigin, IsNothingElse) {
  for (const char* host : other_names) {
    EXPECT_FALSE(is_loopback_origin(std::string("http://") + host)) << host;
  }
  for (const char* origin :
       {"", "null", "localhost", "//localhost", "http:/localhost", "http:localhost",
        "http:///localhost", "ftp://localhost", "file://localhost", "http://localhost/",
        "http://localhost/x", "http://localhost?", "http://user@localhost",
        "http://localhost http://evil.com", "chrome-extension://localhost"}) {
    EXPECT_FALSE(is_loopback_origin(origin)) << origin;
  }
}

}  // namespace
}  // namespace durable_streams::auth
