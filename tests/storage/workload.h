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

namespace durable_streams::storage {

// One change of one stream.
struct Step {
  enum class Kind { create, append, remove, commit };
  Kind kind = Kind::commit;  // commit: wait until all before is settled.
  std::string path;
  protocol::StreamConfig config;
  std::string bytes;
  AppendExtras extras;
};

// A stream in the model.
struct PlainStream {
  std::string content_type;
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

// What a run of the workload came to.
struct RunResult {
  std::vector<Step> admitted;  // Changes, in order; commits left out.
  size_t acknowledged = 0;     // Those at the front that were acknowledged.
};

// Runs until the end, or until a change is not acknowledged.
RunResult run_workload(EngineDriver& streams, const std::vector<Step>& steps);

// A store as text: one line a stream; equal stores have equal text.
std::string describe(const PlainStore& store);
std::string describe(EngineDriver& streams);

// The model's text after the first `count` of `steps`.
std::string describe_after(const std::vector<Step>& steps, size_t count);

// How many of `result.admitted` the store shows, or -1 if it shows no first part
// of at least the acknowledged ones.
int matching_prefix(EngineDriver& streams, const RunResult& result);

}  // namespace durable_streams::storage
