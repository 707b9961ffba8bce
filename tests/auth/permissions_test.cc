#include "auth/permissions.h"

#include <gtest/gtest.h>

namespace durable_streams::auth {
namespace {

constexpr Permission all_permissions[] = {Permission::create, Permission::append,
                                          Permission::read,   Permission::close,
                                          Permission::remove, Permission::metadata};

TokenClaims app_server() {
  TokenClaims claims;
  claims.server = true;
  return claims;
}

TokenClaims client(std::string stream, bool may_read, bool may_write) {
  TokenClaims claims;
  claims.stream = std::move(stream);
  claims.may_read = may_read;
  claims.may_write = may_write;
  return claims;
}

// "+" or "-" for create, append, read, close, delete, metadata.
std::string row(const TokenClaims& claims, std::string_view stream) {
  std::string cells;
  for (const Permission permission : all_permissions) {
    cells += authorize(claims, permission, stream) ? '-' : '+';
  }
  return cells;
}

TEST(Permissions, EveryCellOfTheTable) {
  EXPECT_EQ(row(app_server(), "room"), "++++++");
  EXPECT_EQ(row(client("room", true, false), "room"), "--+--+");
  EXPECT_EQ(row(client("room", false, true), "room"), "-+---+");
  EXPECT_EQ(row(client("room", true, true), "room"), "-++--+");
  EXPECT_EQ(row(client("room", false, false), "room"), "------");
}

TEST(Permissions, ClientsTokenOpensNoOtherStream) {
  for (const char* other : {"", "roo", "rooms", "room/", "/room", "room//", "Room",
                            "room/1", "./room", "room/../room", "%72oom", "room "}) {
    EXPECT_EQ(row(client("room", true, true), other), "------") << other;
  }
  EXPECT_EQ(row(client("gid://app/Room/1", true, true), "gid:/app/Room/1"), "------");
  EXPECT_EQ(row(client(std::string("room\0x", 6), true, true), "room"), "------");
  EXPECT_EQ(row(client("gid://app/Room/1", true, true), "gid://app/Room/1"), "-++--+");
}

TEST(Permissions, NothingBelowTheReservedNameIsForClients) {
  for (const char* path : {"__ds", "__ds/", "__ds/subscriptions/a", "__ds//x"}) {
    EXPECT_EQ(row(client(path, true, true), path), "------") << path;
    EXPECT_EQ(row(app_server(), path), "++++++") << path;
  }
  EXPECT_EQ(row(client("__dsx", true, true), "__dsx"), "-++--+");
  EXPECT_EQ(row(client("a/__ds/b", true, true), "a/__ds/b"), "-++--+");
}

TEST(Permissions, RefusalNamesBothStreams) {
  EXPECT_EQ(
      *authorize(client("gid://app/Room/1", true, true), Permission::read,
                 "gid:/app/Room/1"),
      "The token is for the stream \"gid://app/Room/1\", but \"gid:/app/Room/1\" was "
      "asked.");
  for (const Permission permission : all_permissions) {
    const auto refusal = authorize(client("room", false, false), permission, "room");
    ASSERT_TRUE(refusal);
    EXPECT_NE(refusal->find("\"room\" does not allow to "), std::string::npos)
        << *refusal;
  }
  EXPECT_EQ(*authorize(client("room", true, false), Permission::append, "room"),
            "The token for the stream \"room\" does not allow to append to \"room\".");
}

TEST(Authority, IsOneForTheAppServerAndOneForEachIdentity) {
  TokenClaims ann = client("room", true, true);
  ann.identity = "ann";
  TokenClaims named_s = client("room", true, true);
  named_s.identity = "s";
  EXPECT_EQ(authority(app_server()), "s");
  EXPECT_EQ(authority(ann), "c:ann");
  EXPECT_EQ(authority(named_s), "c:s");
  EXPECT_EQ(authority(client("room", true, true)), "c");
  EXPECT_FALSE(is_client(authority(app_server())));
  EXPECT_TRUE(is_client(authority(named_s)));
  EXPECT_FALSE(is_client("")) << "without tokens nobody is told from anybody";
}

}  // namespace
}  // namespace durable_streams::auth
