// A scripted workload and a plain model of what it leaves, for crash tests.
//
// The model is the simplest thing that can be right: the list of the changes in
// the order of their admission, applied one by one to a map. After a crash the
// store must equal the model after some first part of that list, at least all
// that was acknowledged: so no acknowledged change is lost, none is half there,
// and bytes, closure, producers and Stream-Seq agree.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine_driver.h"
#include "storage/log_engine.h"
#include "testing/manual_clock.h"

namespace durable_streams::storage {

// One change of one stream, or something else that happens.
struct Step {
  enum class Kind {
    create,
    append,
    remove,
    expire,
    commit,  // Wait until all before is settled.
    renew,   // A read renews the stream's TTL.
    pass,    // `ms` pass.
    tidy,    // The tidier does all that there is to do.
  };
  Kind kind = Kind::commit;
  std::string path;
  protocol::StreamConfig config;
  std::string bytes;
  AppendExtras extras;
  int64_t ms = 0;

  bool is_change() const { return kind <= Kind::expire; }
};

// A stream in the model.
struct PlainStream {
  protocol::StreamConfig config;
  std::string bytes;
  bool closed = false;
  std::map<std::string, std::pair<uint64_t, uint64_t>> producers;
  std::map<std::string, std::string> stream_seqs;
  std::string closed_by;
};
using PlainStore = std::map<std::string, PlainStream>;

// Creation, appends, batches, producers, closure, deletion, creation anew, and
// enough bytes for several small segments.
std::vector<Step> workload();

// The same, tidied after each commit, with renewals and expiries, streams that take
// expired ones' places, and with more bytes and deletions, so that runs are made,
// merged and written anew.
std::vector<Step> tidied_workload();

// What a run of the workload came to.
struct RunResult {
  std::vector<Step> admitted;  // Changes, in order.
  size_t acknowledged = 0;     // Those at the front that were acknowledged.
  size_t refused = 0;          // And so not there.
};

// What steps that are no changes act on.
struct Surroundings {
  LogEngine* engine = nullptr;
  testing::ManualClock* clock = nullptr;
};

// Runs until the end, or until a change is not acknowledged.
RunResult run_workload(EngineDriver& streams, const std::vector<Step>& steps,
                       Surroundings surroundings = {});

// A store as text: one line a stream; equal stores have equal text.
std::string describe(const PlainStore& store);
std::string describe(EngineDriver& streams);

// The model's text after the first `count` of `steps`.
std::string describe_after(const std::vector<Step>& steps, size_t count);

// How many of `result.admitted` the store shows, or -1 if it shows no first part
// of at least the acknowledged ones.
int matching_prefix(EngineDriver& streams, const RunResult& result);

}  // namespace durable_streams::storage
