#include "protocol/append.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "protocol/create.h"

namespace durable_streams::protocol {
namespace {

struct Printer {
  std::string operator()(Appended) const { return "appended"; }
  std::string operator()(AppendDuplicate outcome) const {
    return "duplicate, last " + std::to_string(outcome.last_seq) +
           (outcome.closed ? ", closed" : "");
  }
  std::string operator()(AlreadyClosed) const { return "already closed"; }
  std::string operator()(AppendNotFound) const { return "not found"; }
  std::string operator()(AppendStreamClosed) const { return "stream closed"; }
  std::string operator()(AppendContentTypeMismatch) const {
    return "content type mismatch";
  }
  std::string operator()(AppendStaleEpoch outcome) const {
    return "stale, current " + std::to_string(outcome.current);
  }
  std::string operator()(AppendSequenceGap outcome) const {
    return "gap, expected " + std::to_string(outcome.expected) + ", received " +
           std::to_string(outcome.received);
  }
  std::string operator()(AppendEpochMustStartAtZero) const { return "must start at 0"; }
  std::string operator()(AppendSeqRegression) const { return "seq regression"; }
  std::string operator()(AppendTooManyProducers) const { return "too many producers"; }
  std::string operator()(AppendTooManyStreamSeqs) const {
    return "too many stream seqs";
  }
};

AppendRequest bytes(std::string body, std::string content_type = "text/plain") {
  AppendRequest request;
  request.payload.bytes = std::move(body);
  request.content_type = std::move(content_type);
  return request;
}

AppendRequest close_only() {
  AppendRequest request;
  request.closes = true;
  return request;
}

AppendRequest by(AppendRequest request, std::string id, uint64_t epoch, uint64_t seq) {
  request.producer = ProducerTuple{std::move(id), epoch, seq};
  return request;
}

AppendRequest closing(AppendRequest request) {
  request.closes = true;
  return request;
}

AppendRequest with_seq(AppendRequest request, std::string value,
                       std::string scope = "s") {
  request.stream_seq = ScopedSeq{std::move(scope), std::move(value)};
  return request;
}

// A stream that lives in this process: decides, and applies what it accepts.
class Stream {
 public:
  explicit Stream(StreamConfig config = {"text/plain", {}, {}}) {
    CreateRequest request;
    request.config = std::move(config);
    state.stream_id = 1;
    apply(state, create_unit(request, now), {1, 0});
  }

  std::string append(AppendRequest request) {
    const AppendOutcome outcome = decide_append(&state, request, now);
    if (std::holds_alternative<Appended>(outcome)) {
      const Unit unit = append_unit(request, now);
      apply(state, unit, {1, state.tail_position + unit.payload.bytes.size()});
    }
    return std::visit(Printer{}, outcome);
  }

  StreamState state;
  Moment now{10'000, 1'750'000'000'000};
};

TEST(Append, NeedsAStream) {
  EXPECT_EQ(std::visit(Printer{}, decide_append(nullptr, bytes("x"), {})), "not found");
}

TEST(Append, ToAnExpiredStreamFindsNone) {
  Stream stream({"text/plain", 1, {}});
  EXPECT_EQ(stream.append(bytes("x")), "appended");
  stream.now.stream_ms += 1001;
  EXPECT_EQ(stream.append(bytes("x")), "not found");
  EXPECT_EQ(stream.append(close_only()), "not found");
}

TEST(Append, UnitCarriesWhatMustLiveOrDieTogether) {
  AppendRequest request = closing(with_seq(by(bytes("hello"), "p", 2, 0), "7"));
  const Unit unit = append_unit(request, {123, 456});
  EXPECT_EQ(unit.kind, Unit::Kind::append);
  EXPECT_EQ(unit.at_ms, 123);
  EXPECT_EQ(unit.config, nullptr);
  EXPECT_EQ(unit.payload.bytes, "hello");
  EXPECT_TRUE(unit.closes);
  EXPECT_EQ(unit.producer, (ProducerTuple{"p", 2, 0}));
  EXPECT_EQ(unit.stream_seq, (ScopedSeq{"s", "7"}));
}

TEST(Append, ComparesTheContentTypeOnlyIfThereAreBytes) {
  Stream stream;
  EXPECT_EQ(stream.append(bytes("x", "TEXT/plain; charset=utf-8")), "appended");
  EXPECT_EQ(stream.append(bytes("x", "application/json")), "content type mismatch");
  AppendRequest close = close_only();
  close.content_type = "application/json";
  EXPECT_EQ(stream.append(std::move(close)), "appended");
  EXPECT_TRUE(stream.state.closed);
}

TEST(StreamSeq, MustAscendByteByByte) {  // §5.2
  Stream stream;
  EXPECT_EQ(stream.append(with_seq(bytes("x"), "09")), "appended");
  EXPECT_EQ(stream.append(with_seq(bytes("x"), "10")), "appended");
  EXPECT_EQ(stream.append(with_seq(bytes("x"), "10")), "seq regression");
  EXPECT_EQ(stream.append(with_seq(bytes("x"), "2")), "appended");
  EXPECT_EQ(stream.append(with_seq(bytes("x"), "10")), "seq regression");
  EXPECT_EQ(stream.append(with_seq(bytes("x"), "B")), "appended");
  EXPECT_EQ(stream.append(with_seq(bytes("x"), "a")), "appended");
  EXPECT_EQ(stream.append(with_seq(bytes("x"), "C")), "seq regression");
  EXPECT_EQ(stream.append(with_seq(bytes("x"), "\xc3\xa4")), "appended")
      << "bytes beyond ASCII are large, not negative";
  EXPECT_EQ(stream.append(bytes("x")), "appended") << "it is optional";
}

TEST(StreamSeq, IsScoped) {
  Stream stream;
  EXPECT_EQ(stream.append(with_seq(bytes("x"), "9", "c:ann")), "appended");
  EXPECT_EQ(stream.append(with_seq(bytes("x"), "1", "s")), "appended");
  EXPECT_EQ(stream.append(with_seq(bytes("x"), "1", "c:ann")), "seq regression");
}

TEST(StreamSeq, ARefusedOneChangesNothing) {
  Stream stream;
  stream.append(with_seq(bytes("x"), "5"));
  EXPECT_EQ(stream.append(with_seq(bytes("x", "a/b"), "6")), "content type mismatch");
  EXPECT_EQ(stream.append(with_seq(bytes("x"), "6")), "appended");
}

TEST(Producer, RetriesAreDuplicates) {
  Stream stream;
  EXPECT_EQ(stream.append(by(bytes("a"), "p", 0, 0)), "appended");
  EXPECT_EQ(stream.append(by(bytes("a"), "p", 0, 0)), "duplicate, last 0");
  EXPECT_EQ(stream.append(by(bytes("b"), "p", 0, 1)), "appended");
  EXPECT_EQ(stream.append(by(bytes("a"), "p", 0, 0)), "duplicate, last 1")
      << "the highest accepted, not the request's";
  EXPECT_EQ(stream.state.tail_position, 2u);
}

TEST(Producer, FencesGapsAndEpochs) {
  Stream stream;
  stream.append(by(bytes("a"), "p", 0, 0));
  EXPECT_EQ(stream.append(by(bytes("a"), "p", 0, 2)), "gap, expected 1, received 2");
  EXPECT_EQ(stream.append(by(bytes("a"), "p", 1, 5)), "must start at 0");
  EXPECT_EQ(stream.append(by(bytes("a"), "p", 1, 0)), "appended");
  EXPECT_EQ(stream.append(by(bytes("a"), "p", 0, 1)), "stale, current 1");
  EXPECT_EQ(stream.append(by(bytes("a"), "q", 0, 0)), "appended") << "others are apart";
}

TEST(Producer, DuplicateEndsBeforeStreamSeqIsLookedAt) {
  Stream stream;
  EXPECT_EQ(stream.append(with_seq(by(bytes("a"), "p", 0, 0), "5")), "appended");
  EXPECT_EQ(stream.append(with_seq(by(bytes("a"), "p", 0, 0), "5")),
            "duplicate, last 0");
  EXPECT_EQ(stream.append(with_seq(by(bytes("a"), "p", 0, 1), "5")), "seq regression");
  EXPECT_EQ(stream.append(with_seq(by(bytes("a"), "p", 0, 1), "6")), "appended")
      << "a refused append leaves the producer where it was";
}

TEST(Producer, ContentTypeComesBeforeTheProducer) {
  Stream stream;
  stream.append(by(bytes("a"), "p", 3, 0));
  EXPECT_EQ(stream.append(by(bytes("a", "a/b"), "p", 0, 9)), "content type mismatch");
}

// Producers "0", "1", … as many as a stream remembers, in ten minutes.
void fill_with_producers(Stream& stream) {
  for (size_t i = 0; i < limits::producers_per_stream_max; ++i) {
    stream.state.writers.put_producer({std::to_string(i), 0, 0}, stream.now.stream_ms);
    stream.now.stream_ms += 6;
  }
}

TEST(Producer, NewOnesAreCapped) {
  Stream stream;
  fill_with_producers(stream);
  EXPECT_EQ(stream.append(by(bytes("a"), "one more", 0, 0)), "too many producers");
  EXPECT_EQ(stream.append(by(bytes("a"), "17", 0, 1)), "appended")
      << "known ones go on";
  EXPECT_EQ(stream.append(bytes("a")), "appended");

  stream.now.stream_ms += 2 * producer_retention_ms;
  EXPECT_EQ(stream.append(by(bytes("a"), "one more", 0, 0)), "appended")
      << "idle ones make room";
  EXPECT_EQ(stream.state.writers.producers(), 1u);
}

TEST(Producer, AQuarterThatIsIdleLongestMakesRoomInAFullStream) {
  Stream stream;
  fill_with_producers(stream);
  stream.now.stream_ms += producer_retention_full_ms;
  EXPECT_EQ(stream.append(by(bytes("a"), "17", 0, 1)), "appended");
  EXPECT_EQ(stream.append(by(bytes("a"), "one more", 0, 0)), "appended");
  const size_t left = stream.state.writers.producers();
  EXPECT_LE(left, limits::producers_per_stream_max / 4 * 3 + 1);
  EXPECT_GE(left, limits::producers_per_stream_max / 2) << "the rest of a minute too";

  EXPECT_EQ(stream.append(by(bytes("a"), "17", 0, 1)), "duplicate, last 1");
  EXPECT_EQ(stream.append(by(bytes("a"), "99999", 0, 0)), "duplicate, last 0");
  EXPECT_EQ(stream.append(by(bytes("a"), "0", 0, 0)), "appended") << "forgotten";
}

TEST(Producer, OfAFullStreamIsNotForgottenWhileItMayBeRetried) {
  Stream stream;
  fill_with_producers(stream);
  stream.now.stream_ms += producer_retention_full_ms - 12 * 60'000;
  EXPECT_EQ(stream.append(by(bytes("a"), "one more", 0, 0)), "too many producers");
  EXPECT_EQ(stream.append(by(bytes("a"), "0", 0, 0)), "duplicate, last 0");
}

TEST(Producer, OneClientCannotTakeUpTheStreamsRoom) {
  Stream stream;
  const auto of_client = [](const std::string& client, const std::string& id) {
    AppendRequest request = by(bytes("a"), client + "\n" + id, 0, 0);
    request.client_scope = client + "\n";
    return request;
  };
  for (size_t i = 0; i < limits::producers_per_client_max; ++i) {
    stream.state.writers.put_producer({"c:ann\n" + std::to_string(i), 0, 0},
                                      stream.now.stream_ms);
  }
  EXPECT_EQ(stream.append(of_client("c:ann", "more")), "too many producers");
  EXPECT_EQ(stream.append(of_client("c:an", "more")), "appended");
  EXPECT_EQ(stream.append(of_client("c:bob", "one")), "appended");
  EXPECT_EQ(stream.append(by(bytes("a"), "s\none", 0, 0)), "appended");
}

TEST(StreamSeq, OfNewScopesIsCapped) {
  Stream stream;
  for (size_t i = 0; i < limits::stream_seqs_per_stream_max; ++i)
    stream.state.writers.put_stream_seq({std::to_string(i), "5"});
  EXPECT_EQ(stream.append(with_seq(bytes("a"), "1", "new")), "too many stream seqs");
  EXPECT_EQ(stream.append(with_seq(bytes("a"), "6", "17")), "appended")
      << "known ones go on";
}

TEST(Close, WithoutBytesIsIdempotent) {  // §5.3
  Stream stream;
  EXPECT_EQ(stream.append(close_only()), "appended");
  EXPECT_EQ(stream.append(close_only()), "already closed");
  EXPECT_EQ(stream.append(by(close_only(), "p", 0, 0)), "already closed");
  EXPECT_EQ(stream.append(with_seq(close_only(), "0")), "already closed");
}

TEST(Close, EndsAppends) {
  Stream stream;
  EXPECT_EQ(stream.append(closing(bytes("last"))), "appended");
  EXPECT_EQ(stream.append(bytes("x")), "stream closed");
  EXPECT_EQ(stream.append(closing(bytes("last"))), "stream closed")
      << "append and close is not idempotent without a producer";
  EXPECT_EQ(stream.append(bytes("x", "application/json")), "stream closed")
      << "closure is told before all other conflicts";
  EXPECT_EQ(stream.state.tail_position, 4u);
}

TEST(Close, ByTheSameTupleIsADuplicate) {  // §5.2.1, "Stream Closure with …"
  Stream stream;
  stream.append(by(bytes("a"), "p", 0, 0));
  EXPECT_EQ(stream.append(closing(by(bytes("last"), "p", 0, 1))), "appended");
  EXPECT_EQ(stream.append(closing(by(bytes("last"), "p", 0, 1))),
            "duplicate, last 1, closed");
  EXPECT_EQ(stream.append(closing(by(bytes("other"), "p", 0, 1))),
            "duplicate, last 1, closed");
  EXPECT_EQ(stream.append(by(close_only(), "p", 0, 1)), "duplicate, last 1, closed");
  EXPECT_EQ(stream.append(by(bytes("last"), "p", 0, 1)), "duplicate, last 1, closed");
  EXPECT_EQ(stream.append(by(bytes("a"), "p", 0, 0)), "stream closed");
  EXPECT_EQ(stream.append(by(bytes("x"), "p", 0, 2)), "stream closed");
  EXPECT_EQ(stream.append(by(bytes("x"), "p", 1, 1)), "stream closed");
  EXPECT_EQ(stream.append(by(bytes("x"), "q", 0, 1)), "stream closed");
}

TEST(Close, WithoutBytesByAProducerMovesItsSeq) {
  Stream stream;
  stream.append(by(bytes("a"), "p", 0, 0));
  EXPECT_EQ(stream.append(by(close_only(), "p", 0, 2)), "gap, expected 1, received 2");
  EXPECT_EQ(stream.append(by(close_only(), "p", 0, 0)), "duplicate, last 0")
      << "an old tuple closes nothing";
  EXPECT_FALSE(stream.state.closed);
  EXPECT_EQ(stream.append(by(close_only(), "p", 0, 1)), "appended");
  EXPECT_EQ(stream.state.writers.producer("p"), (ProducerState{0, 1}));
  EXPECT_EQ(stream.append(by(close_only(), "p", 0, 1)), "duplicate, last 1, closed");
}

}  // namespace
}  // namespace durable_streams::protocol
