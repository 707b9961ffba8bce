// The commands that talk to a server, against a scripted one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/exit_code.h"
#include "command_fixture.h"
#include "scripted_server.h"

namespace durable_streams::cli {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* json_page =
    "Content-Type: application/json\r\nStream-Next-Offset: 1_9\r\n";
constexpr const char* last_json_page =
    "Content-Type: application/json\r\nStream-Next-Offset: 1_9\r\n"
    "Stream-Up-To-Date: true\r\n";

class ClientCommandTest : public ::testing::Test {
 protected:
  Ending run(const ScriptedServer& server, const std::vector<std::string>& arguments) {
    commands.environment["DURABLE_STREAMS_URL"] = server.origin() + "/v1/streams";
    return commands.run(arguments);
  }

  Commands commands;
};

TEST_F(ClientCommandTest, CreatePrintsWhereTheStreamEnds) {
  ScriptedServer server({answer(201, "Stream-Next-Offset: 1_0\r\n")});
  const Ending ending = run(
      server, {"create", "a b", "--content-type", "application/json", "--ttl", "2h"});
  EXPECT_EQ(ending.code, success);
  EXPECT_EQ(ending.out, "1_0\n");
  EXPECT_THAT(server.requests().at(0),
              AllOf(StartsWith("PUT /v1/streams/a%20b HTTP"),
                    HasSubstr("Content-Type: application/json\r\n"),
                    HasSubstr("Stream-TTL: 7200\r\n")));
}

TEST_F(ClientCommandTest, CreateTakesTheFirstBytesFromStandardInput) {
  ScriptedServer server({answer(201, "Stream-Next-Offset: 1_5\r\n")});
  commands.input = "hello";
  const Ending ending = run(server, {"create", "a", "--stdin", "--closed"});
  EXPECT_EQ(ending.code, success);
  EXPECT_THAT(server.requests().at(0),
              AllOf(HasSubstr("Stream-Closed: true\r\n"), HasSubstr("\r\n\r\nhello")));
}

TEST_F(ClientCommandTest, CreateRefusesATtlThatIsNone) {
  ScriptedServer server({});
  for (const char* ttl : {"", "x", "1w", "-1", "99999999999999999999"}) {
    EXPECT_EQ(run(server, {"create", "a", "--ttl", ttl}).code, usage) << ttl;
  }
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(ClientCommandTest, AppendSendsStandardInputAsOneBatchOfTheStreamsType) {
  ScriptedServer server(
      {empty_answer(200, json_page), empty_answer(204, "Stream-Next-Offset: 1_9\r\n")});
  commands.input = "{\"n\":1}\n";
  const Ending ending = run(server, {"append", "a"});
  EXPECT_EQ(ending.code, success);
  EXPECT_EQ(ending.out, "1_9\n");
  EXPECT_EQ(ending.err, "");
  EXPECT_THAT(server.requests(),
              ElementsAre(StartsWith("HEAD /v1/streams/a "),
                          AllOf(StartsWith("POST /v1/streams/a "),
                                HasSubstr("Content-Type: application/json\r\n"),
                                HasSubstr("\r\n\r\n{\"n\":1}\n"))));
}

TEST_F(ClientCommandTest, AppendByLinesMakesMessagesOfThem) {
  ScriptedServer server({empty_answer(200, json_page),
                         answer(200, "Stream-Next-Offset: 1_9\r\n"),
                         answer(200, "Stream-Next-Offset: 1_11\r\n")});
  commands.input = "1\n[2]\n3";
  const Ending ending =
      run(server, {"append", "a", "--lines", "--producer", "p", "--seq", "4"});
  EXPECT_EQ(ending.code, success);
  EXPECT_EQ(ending.out, "1_11\n");
  EXPECT_THAT(server.requests().at(1), AllOf(HasSubstr("Producer-Seq: 4\r\n"),
                                             HasSubstr("\r\n\r\n[1\n,[2]\n]")));
  EXPECT_THAT(server.requests().at(2),
              AllOf(HasSubstr("Producer-Seq: 5\r\n"), HasSubstr("\r\n\r\n[3]")));
}

TEST_F(ClientCommandTest, AppendByLinesClosesAfterTheLast) {
  ScriptedServer server({empty_answer(204, "Stream-Next-Offset: 1_2\r\n"),
                         empty_answer(204, "Stream-Next-Offset: 1_2\r\n")});
  commands.input = "a\n";
  const Ending ending = run(
      server, {"append", "a", "--lines", "--close", "--content-type", "text/plain"});
  EXPECT_EQ(ending.code, success);
  EXPECT_THAT(
      server.requests(),
      ElementsAre(
          AllOf(Not(HasSubstr("Stream-Closed")), HasSubstr("\r\n\r\na\n")),
          AllOf(HasSubstr("Stream-Closed: true"), HasSubstr("Content-Length: 0\r\n"))));
}

TEST_F(ClientCommandTest, AppendSaysHowFarItGot) {
  ScriptedServer server({empty_answer(204, "Stream-Next-Offset: 1_2\r\n"),
                         answer(409, "Stream-Closed: true\r\n")});
  commands.input = "a\nb\nc";
  const Ending ending =
      run(server, {"append", "a", "--lines", "--content-type", "text/plain"});
  EXPECT_EQ(ending.code, conflict);
  EXPECT_THAT(ending.err, AllOf(HasSubstr("the stream is closed (409)"),
                                HasSubstr("2 lines were appended before")));
}

TEST_F(ClientCommandTest, AppendOfNothingIsAMistake) {
  ScriptedServer server({});
  const Ending ending = run(server, {"append", "a", "--content-type", "text/plain"});
  EXPECT_EQ(ending.code, usage);
  EXPECT_THAT(ending.err, HasSubstr("standard input is empty"));
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(ClientCommandTest, AppendWhoseAnswerIsLostHasACodeOfItsOwn) {
  ScriptedServer server({hang_up()});
  commands.input = "x";
  const Ending ending = run(server, {"append", "a", "--content-type", "text/plain"});
  EXPECT_EQ(ending.code, outcome_unknown);
  EXPECT_THAT(ending.err, HasSubstr("may have carried it out, or not"));
}

TEST_F(ClientCommandTest, ReadPrintsEachMessageOnALineOverAllPages) {
  ScriptedServer server({answer(200, json_page, "[{\"a\":\n1},\"x\\ny\"]"),
                         answer(200, last_json_page, "[[2,3]]")});
  const Ending ending = run(server, {"read", "a", "--print-offset"});
  EXPECT_EQ(ending.code, success);
  EXPECT_EQ(ending.out, "{\"a\": 1}\n\"x\\ny\"\n[2,3]\n");
  EXPECT_EQ(ending.err, "durable-streams: next offset: 1_9\n");
}

TEST_F(ClientCommandTest, ReadPrintsBytesAsTheyAre) {
  const std::string bytes("\0\xff\n\r\n[", 6);
  ScriptedServer server(
      {answer(200,
              "Content-Type: application/octet-stream\r\n"
              "Stream-Next-Offset: 1_6\r\nStream-Up-To-Date: true\r\n",
              bytes)});
  EXPECT_EQ(run(server, {"read", "a"}).out, bytes);
}

TEST_F(ClientCommandTest, ReadRawPrintsPagesAsTheyCame) {
  ScriptedServer server({answer(200, last_json_page, "[ 1 ]")});
  EXPECT_EQ(run(server, {"read", "a", "--raw", "--offset", "-1"}).out, "[ 1 ]");
}

TEST_F(ClientCommandTest, ReadDoesNotTurnInCircles) {
  ScriptedServer server({answer(200, "Stream-Next-Offset: 1_1\r\n", "a"),
                         answer(200, "Stream-Next-Offset: 1_1\r\n", "a")});
  EXPECT_EQ(run(server, {"read", "a"}).code, failure);
}

TEST_F(ClientCommandTest, ReadIntoAClosedPipeEndsQuietly) {
  ScriptedServer server({answer(200, last_json_page, "[1]")});
  commands.environment["DURABLE_STREAMS_URL"] = server.origin();
  const Ending ending = commands.run_with_closed_output({"read", "a"});
  EXPECT_EQ(ending.code, broken_pipe);
  EXPECT_EQ(ending.err, "");
}

TEST_F(ClientCommandTest, TailStartsAtThePresentAndEndsWithTheStream) {
  ScriptedServer server(
      {empty_answer(200,
                    "Content-Type: application/json\r\nStream-Next-Offset: 1_5\r\n"),
       answer(200, last_json_page, "[]"), answer(200, last_json_page, "[1]"),
       empty_answer(204, std::string(last_json_page) + "Stream-Closed: true\r\n")});
  const Ending ending = run(server, {"tail", "a"});
  EXPECT_EQ(ending.code, success);
  EXPECT_EQ(ending.out, "1\n");
  EXPECT_THAT(server.requests().at(1), StartsWith("GET /v1/streams/a?offset=1_5 "));
  EXPECT_THAT(server.requests().at(2), HasSubstr("?live=long-poll&offset=1_9 "));
}

TEST_F(ClientCommandTest, TailGoesOnWhereItWasAfterADisconnect) {
  ScriptedServer server(
      {answer(200, last_json_page, "[1]"), hang_up(), hang_up(), hang_up(), answer(503),
       answer(503), answer(503),
       answer(200, std::string(last_json_page) + "Stream-Closed: true\r\n", "[2]")});
  const Ending ending = run(server, {"tail", "a", "--offset", "-1"});
  EXPECT_EQ(ending.code, success);
  EXPECT_EQ(ending.out, "1\n2\n");
  EXPECT_THAT(commands.pauses_ms, ElementsAre(200, 400));
  EXPECT_THAT(server.requests().back(), HasSubstr("offset=1_9 "));
  EXPECT_THAT(ending.err, HasSubstr("trying again"));
}

TEST_F(ClientCommandTest, TailOfAStreamThatIsDeletedMeanwhileEnds) {
  ScriptedServer server({answer(200, last_json_page, "[1]"), answer(404)});
  EXPECT_EQ(run(server, {"tail", "a", "--offset", "-1"}).code, not_found);
}

TEST_F(ClientCommandTest, HeadPrintsLinesOrJson) {
  const char* fields =
      "Content-Type: text/plain\r\nStream-Next-Offset: 1_5\r\nStream-TTL: 60\r\n"
      "Stream-Closed: true\r\n";
  ScriptedServer server({empty_answer(200, fields), empty_answer(200, fields)});
  EXPECT_EQ(run(server, {"head", "a"}).out,
            "content-type: text/plain\nnext-offset: 1_5\nclosed: true\nttl: 60\n");
  EXPECT_EQ(run(server, {"head", "a", "--json"}).out,
            "{\"contentType\":\"text/plain\",\"nextOffset\":\"1_5\",\"closed\":true,"
            "\"ttl\":\"60\"}\n");
}

TEST_F(ClientCommandTest, CloseAndDeleteDoOneThingEach) {
  ScriptedServer server({empty_answer(204,
                                      "Stream-Next-Offset: 1_5\r\n"
                                      "Stream-Closed: true\r\n"),
                         empty_answer(204)});
  EXPECT_EQ(run(server, {"close", "a"}).out, "1_5\n");
  EXPECT_EQ(run(server, {"delete", "a"}).out, "");
  EXPECT_THAT(server.requests(),
              ElementsAre(StartsWith("POST "), StartsWith("DELETE ")));
}

TEST_F(ClientCommandTest, TheTokenOfTheEnvironmentStaysAtHome) {
  ScriptedServer home({empty_answer(200, json_page), empty_answer(200, json_page)});
  ScriptedServer other({empty_answer(200, json_page), empty_answer(200, json_page)});
  commands.environment["DURABLE_STREAMS_TOKEN"] = "secret";
  run(home, {"head", "a"});
  run(home, {"head", home.url()});
  run(home, {"head", other.url()});
  run(home, {"head", other.url(), "--token", "given"});
  EXPECT_THAT(home.requests(), Each(HasSubstr("Authorization: Bearer secret\r\n")));
  EXPECT_THAT(other.requests(), ElementsAre(Not(HasSubstr("Authorization")),
                                            HasSubstr("Bearer given\r\n")));
}

TEST_F(ClientCommandTest, ASignedUrlBringsItsOwnToken) {
  ScriptedServer server({empty_answer(200, json_page)});
  commands.environment["DURABLE_STREAMS_TOKEN"] = "secret";
  run(server, {"head", server.url() + "?token=own"});
  EXPECT_THAT(server.requests(), ElementsAre(HasSubstr("Bearer own\r\n")));
}

TEST_F(ClientCommandTest, WhatAServerSaysCannotDriveTheTerminal) {
  ScriptedServer server({answer(404, "", R"({"error":{"message":"no\u001b[31m"}})")});
  const Ending ending = run(server, {"read", "a"});
  EXPECT_EQ(ending.code, not_found);
  EXPECT_THAT(ending.err, AllOf(HasSubstr("no [31m (404)"), Not(HasSubstr("\x1b"))));
}

struct CodeOfStatus {
  int status;
  int code;
};

class ExitCodeTest : public ClientCommandTest,
                     public ::testing::WithParamInterface<CodeOfStatus> {};

TEST_P(ExitCodeTest, TellsWhatTheServerSaid) {
  ScriptedServer server({answer(GetParam().status), answer(GetParam().status),
                         answer(GetParam().status)});
  const Ending ending = run(server, {"read", "a"});
  EXPECT_EQ(ending.code, GetParam().code);
  EXPECT_THAT(ending.err, StartsWith("durable-streams: "));
  EXPECT_EQ(ending.out, "");
}

INSTANTIATE_TEST_SUITE_P(Status, ExitCodeTest,
                         ::testing::Values(CodeOfStatus{400, 1}, CodeOfStatus{401, 5},
                                           CodeOfStatus{403, 5}, CodeOfStatus{404, 3},
                                           CodeOfStatus{409, 4}, CodeOfStatus{410, 3},
                                           CodeOfStatus{429, 6}, CodeOfStatus{500, 1},
                                           CodeOfStatus{503, 6}, CodeOfStatus{307, 1}));

TEST_F(ClientCommandTest, NoServerIsSaidWithARemedy) {
  std::string origin;
  {
    ScriptedServer gone({});
    origin = gone.origin();
  }
  commands.environment["DURABLE_STREAMS_URL"] = origin;
  for (const char* command :
       {"read", "tail", "head", "close", "delete", "append", "create"}) {
    commands.input = "x";
    const Ending ending = commands.run({command, "a"});
    EXPECT_EQ(ending.code, unreachable) << command;
    EXPECT_THAT(ending.err, HasSubstr("is the server running?")) << command;
  }
}

}  // namespace
}  // namespace durable_streams::cli
