#include "protocol/create.h"

#include <gtest/gtest.h>

namespace durable_streams::protocol {
namespace {

const Moment now{10'000, 1'750'000'000'000};

CreateRequest request_for(StreamConfig config, bool closed = false,
                          std::string body = "") {
  CreateRequest request;
  request.config = std::move(config);
  request.closed = closed;
  request.initial.bytes = std::move(body);
  return request;
}

StreamState stream_made_by(CreateRequest request, const Moment& at = now) {
  StreamState state;
  state.stream_id = 1;
  apply(state, create_unit(request, at), {1, 0});
  return state;
}

// "201", "200" or the reason of a 409.
std::string answer(const StreamState* state, const CreateRequest& request,
                   const Moment& at = now) {
  const CreateOutcome outcome = decide_create(state, request, at);
  if (std::holds_alternative<Created>(outcome)) return "201";
  if (std::holds_alternative<AlreadyMatches>(outcome)) return "200";
  return std::get<CreateConflict>(outcome).reason;
}

TEST(Create, MakesAStreamWhereThereIsNone) {
  EXPECT_EQ(answer(nullptr, request_for({"text/plain", 60, {}})), "201");
}

TEST(Create, UnitCarriesEverything) {
  CreateRequest request = request_for({"text/plain", 60, {}}, true, "hello");
  const Unit unit = create_unit(request, now);
  EXPECT_EQ(unit.kind, Unit::Kind::create);
  EXPECT_EQ(unit.at_ms, now.stream_ms);
  EXPECT_EQ(*unit.config, (StreamConfig{"text/plain", 60, {}}));
  EXPECT_EQ(unit.payload.bytes, "hello");
  EXPECT_TRUE(unit.closes);
  EXPECT_EQ(unit.producer, std::nullopt);
}

TEST(Create, AgainWithTheSameConfigurationIsFine) {
  const StreamState state = stream_made_by(request_for({"text/plain", 60, {}}));
  EXPECT_EQ(answer(&state, request_for({"Text/Plain; charset=utf-8", 60, {}})), "200");
  EXPECT_EQ(answer(&state, request_for({"text/plain", 60, {}}, false, "other bytes")),
            "200")
      << "the body is no part of the configuration";
}

TEST(Create, AgainWithAnotherConfigurationConflicts) {
  const StreamState state = stream_made_by(request_for({"text/plain", 60, {}}));
  EXPECT_EQ(answer(&state, request_for({"text/html", 60, {}})),
            "The stream exists with another content type.");
  for (const StreamConfig& other :
       {StreamConfig{"text/plain", {}, {}}, StreamConfig{"text/plain", 61, {}},
        StreamConfig{"text/plain", {}, now.wall_ms + 60'000}}) {
    EXPECT_EQ(answer(&state, request_for(other)),
              "The stream exists with another TTL or expiry.");
  }
}

TEST(Create, ComparesClosure) {  // §5.1, "Closure status matching": all four cases.
  const StreamState open = stream_made_by(request_for({}));
  const StreamState closed = stream_made_by(request_for({}, true));
  EXPECT_EQ(answer(&open, request_for({}, false)), "200");
  EXPECT_EQ(answer(&closed, request_for({}, true)), "200");
  EXPECT_EQ(answer(&closed, request_for({}, false)),
            "The stream exists and is closed.");
  EXPECT_EQ(answer(&open, request_for({}, true)), "The stream exists and is open.");
}

TEST(Create, ReplacesAnExpiredStreamOfAnyKind) {
  const StreamState idle = stream_made_by(request_for({"text/plain", 1, {}}, true));
  EXPECT_EQ(answer(&idle, request_for({}), {now.stream_ms + 1001, 0}), "201");
  const StreamState past = stream_made_by(request_for({"text/plain", {}, now.wall_ms}));
  EXPECT_EQ(answer(&past, request_for({})), "201");
}

// The wall clock may run ahead: then an app that makes sure that its stream is
// there finds it, and does not replace it.
TEST(Create, FindsAStreamPastItsExpiryIfItsOwnHasPassedAsWell) {
  const StreamState past = stream_made_by(request_for({"text/plain", {}, now.wall_ms}));
  EXPECT_EQ(answer(&past, request_for({"text/plain", {}, now.wall_ms})), "200");
  EXPECT_EQ(answer(&past, request_for({"text/plain", {}, now.wall_ms - 1})),
            "The stream exists with another TTL or expiry.");
  EXPECT_EQ(answer(&past, request_for({"text/plain", {}, now.wall_ms + 1})), "201");
  const Moment settled{now.stream_ms, now.wall_ms, now.wall_ms};
  EXPECT_EQ(answer(&past, request_for({"text/plain", {}, now.wall_ms}), settled), "201")
      << "it is over for good";
}

}  // namespace
}  // namespace durable_streams::protocol
