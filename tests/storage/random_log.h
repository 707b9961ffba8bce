// Random records that make sense one after the other, as an engine may write them:
// creation, appends with all that they can say, closure, trims, renewals, ends, and
// creation anew in the place of a live stream.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "storage/record.h"
#include "testing/random.h"

namespace durable_streams::storage {

class RandomLog {
 public:
  explicit RandomLog(testing::Random& random) : random_(random) {}

  // A record whole, with any seed.
  std::string next();

  int64_t now_ms() const { return now_ms_; }
  uint64_t next_stream_id() const { return next_id_; }

 private:
  struct Life {
    uint64_t id = 0;
    uint64_t tail = 0;
    uint64_t earliest = 0;
    bool closed = false;
    std::vector<uint64_t> ends;  // Of records: where reads may begin.
  };

  std::string create(const std::string& path);
  std::string append(Life& life);
  std::string trim(Life& life);
  std::string renewals();
  std::string unit(protocol::Unit unit, Life& life, const std::string& path,
                   uint64_t replaces = 0);
  void add_extras(protocol::Unit& unit);
  size_t data_size();

  testing::Random& random_;
  std::map<std::string, Life> by_path_;
  uint64_t next_id_ = 1;
  int64_t now_ms_ = 1000;
};

}  // namespace durable_streams::storage
