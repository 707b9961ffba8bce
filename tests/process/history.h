// What the clients of a server did and saw while it was killed again and again,
// and whether that can be true of a server that keeps its promises.
//
//   lost         an acknowledged event is not there
//   doubled      an event is there twice
//   reordered    a producer's events are there in another order than it sent them,
//                or a reader saw them in another order than the stream has them
//   resurrected  an event of a deleted stream is in the one that took its path
//   invented     an event that nobody sent
//
// Plain values. A history is written by one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace durable_streams::process {

// The text that an event of this stream carries. A path has many lives: each
// deletion ends one, the next creation begins another.
std::string event_text(const std::string& path, uint32_t life,
                       const std::string& producer, uint64_t number);

// One append: sent, sent again if need be, acknowledged at last (or not, when the
// run ended first).
struct Attempt {
  std::string event;
  bool acked = false;
  std::string offset;  // The stream's end after it, as the ack said.
};

// Events in the order in which one reader got them, from the stream's start.
struct Observation {
  std::string reader;
  std::vector<std::string> events;
};

// A stream as it is when all is over.
struct LastRead {
  bool exists = false;
  bool closed = false;
  std::vector<std::string> events;
};

// One stream from its creation to its deletion, as its clients know it.
struct StreamLife {
  std::string path;
  uint32_t number = 1;
  // By producer, in the order of sending. A producer sends an event only when the
  // one before it is acknowledged.
  std::map<std::string, std::vector<Attempt>> attempts;
  std::vector<Observation> observations;
  bool closed = false;   // Acknowledged.
  bool deleted = false;  // Acknowledged.
  LastRead last_read;    // Of a life that is not deleted.
};

// One sentence per broken promise; empty if all were kept.
std::vector<std::string> faults_of(const StreamLife& life);

}  // namespace durable_streams::process
