// The oracle: what a store must hold, kept as plainly as it can be.
//
// Each stream is a value; each change makes a new one. The model knows what is
// durable (acknowledged, or shown by a recovery), what is admitted (durable, and
// all changes on their way), and the changes between the two, in the order of
// their admission. It decides every request by rules of its own, written from
// PROTOCOL.md and not from src/protocol.
//
// After a crash a store must show what is durable and some first part of the
// changes on their way: so no acknowledged change is lost, none is half there,
// nothing is resurrected or invented. What it shows is durable from then on.
//
// Expires-At. Past it nobody may read a stream or write to it; it ends for good once
// the wall clock has kept to that for an hour, and is back if it steps back before.
//
// Time to live. A stream must not die earlier than its TTL after the last
// activity that was acknowledged, in time as it really passed; and while the
// server runs it must be gone once its TTL is over in stream time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace durable_streams::simulation {

struct Time {
  int64_t stream_ms = 0;  // As the store tells it.
  int64_t wall_ms = 0;
  int64_t settled_wall_ms = 0;  // What it has shown for an hour, as the store tells it.
  int64_t steady_ms = 0;        // Time as it really passes, the server's downtime too.
};

struct Configuration {
  std::string content_type;
  std::optional<uint64_t> ttl_seconds;
  std::optional<int64_t> expires_at_ms;

  friend bool operator==(const Configuration&, const Configuration&) = default;
};

struct ProducerClaim {
  std::string id;
  uint64_t epoch = 0;
  uint64_t seq = 0;

  friend bool operator==(const ProducerClaim&, const ProducerClaim&) = default;
};

struct SeqClaim {
  std::string scope;
  std::string value;
};

struct CreateCall {
  Configuration configuration;
  std::string bytes;
  std::vector<uint32_t> boundaries;  // Inside `bytes`.
  bool closed = false;
};

struct AppendCall {
  std::string content_type;
  std::string bytes;
  std::vector<uint32_t> boundaries;
  bool closes = false;
  std::optional<ProducerClaim> producer;
  std::optional<SeqClaim> stream_seq;
};

// A stream's id and its time to live: shared by all its versions.
struct Lifetime {
  uint64_t id = 0;              // 0: nobody was told yet.
  int64_t active_ms = 0;        // Stream time of the last activity.
  int64_t promised_ms = 0;      // Steady time of the last acknowledged one.
  bool may_have_ended = false;  // It was past its time for good.
};

// One version of a stream.
struct Stream {
  std::shared_ptr<Lifetime> lifetime;
  Configuration configuration;
  std::string bytes;
  std::set<uint64_t> ends;  // Of messages.
  bool closed = false;
  std::optional<ProducerClaim> closed_by;
  std::map<std::string, ProducerClaim> producers;
  std::map<std::string, std::string> stream_seqs;

  bool is_expired(const Time& now) const;
  // Whether it is for good.
  bool may_end(const Time& now) const;
  // How long the message at `position`, one's end or 0, is.
  uint64_t message_bytes(uint64_t position) const;
};
using StreamPtr = std::shared_ptr<const Stream>;

// What a store shows of a stream.
struct Observed {
  uint64_t id = 0;
  Configuration configuration;
  std::optional<std::string> bytes;  // Of one past its Expires-At nobody gets them.
  bool closed = false;
  int64_t active_ms = 0;
  // What the next decision sees; left out where only readers' view was looked at.
  struct Admitted {
    uint64_t tail = 0;
    bool closed = false;
    std::optional<ProducerClaim> closed_by;
    std::map<std::string, ProducerClaim> producers;
    std::map<std::string, std::string> stream_seqs;
  };
  std::optional<Admitted> admitted;
};
using Observations = std::map<std::string, Observed>;

// What must be answered, and what it changes.
struct Decision {
  std::string answer;
  bool changes = false;
  StreamPtr after;  // If it changes: null if the stream ends.
};

class Model {
 public:
  Decision create(const std::string& path, const CreateCall& call,
                  const Time& now) const;
  Decision append(const std::string& path, const AppendCall& call,
                  const Time& now) const;
  Decision remove(const std::string& path, const Time& now) const;
  // What a reader asks for that found the stream past its time.
  Decision expire(const std::string& path, const Time& now) const;

  // The change is on its way; returns its number.
  uint64_t admit(const std::string& path, const Decision& decision, const Time& now);

  // The oldest change on its way is durable. Wrong if it is another one.
  bool acknowledge(uint64_t number);

  // Whether something that the stream's state rests on is on its way.
  bool rests_on_admitted(const std::string& path, uint64_t newest_number) const;
  uint64_t newest_number() const { return newest_number_; }
  size_t on_their_way() const { return changes_.size(); }

  // A read of what is durable has renewed the TTL, and no crash may forget that: from
  // now on, from renewals_are_safe() on, or not at all (the log does not take it).
  enum class Kept { now, later, never };
  void renew(const std::string& path, const Time& now, Kept kept);
  void renewals_are_safe();

  // Time has passed, or was set.
  void look_at_clock(const Time& now);

  // The streams that a sweep must end.
  std::set<std::string> to_be_ended(const Time& now) const;

  // The store has dropped a stream that was past its time.
  void forget_ended(const std::string& path);

  // A server has started on what the last one left. Returns what is wrong with
  // what it shows, or nothing, and takes that as the truth.
  std::string recover(const Observations& observed, const Time& now);

  // What is wrong with what is shown of `stream`, at a moment without crashes.
  static std::string difference(const StreamPtr& stream, const Observed* observed);

  StreamPtr durable(const std::string& path) const;
  StreamPtr admitted(const std::string& path) const;
  uint64_t highest_id() const { return highest_id_; }
  void learn_id(Lifetime& lifetime, uint64_t id);

 private:
  using Streams = std::map<std::string, StreamPtr>;
  struct Change {
    uint64_t number;
    std::string path;
    StreamPtr after;
    int64_t steady_ms;
  };

  static StreamPtr find(const Streams& streams, const std::string& path);
  static void put(Streams& streams, const std::string& path, StreamPtr stream);
  void take_over(const Observations& observed, const Time& now);
  static std::string wrong_lifetime(const Stream& stream, const Observed& observed,
                                    const Time& now);

  Streams durable_;
  Streams admitted_;
  std::deque<Change> changes_;  // On their way.
  std::vector<std::pair<std::shared_ptr<Lifetime>, int64_t>> renewals_;
  uint64_t newest_number_ = 0;
  uint64_t highest_id_ = 0;  // Of those that anybody was told.
};

}  // namespace durable_streams::simulation
