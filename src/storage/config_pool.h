// Lets streams that were created alike share one StreamConfig.
//
// A Rails app has very many streams and a handful of configurations.
// Threads: any.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <mutex>

#include "protocol/stream_config.h"

namespace durable_streams::storage {

class ConfigPool {
 public:
  // A configuration equal to `config`: a shared one where there is one. Those
  // with an Expires-At differ from each other and are not shared.
  protocol::ConfigPtr intern(protocol::ConfigPtr config);

 private:
  struct Hash {
    size_t operator()(const protocol::ConfigPtr& config) const;
  };
  struct Equal {
    bool operator()(const protocol::ConfigPtr& one,
                    const protocol::ConfigPtr& other) const {
      return static_cast<const protocol::StreamConfig&>(*one) == *other;
    }
  };

  // Distinct configurations that are remembered. Stops: growth by clients that
  // vary a parameter of the content type.
  static constexpr size_t configs_max = 1024;

  std::mutex mutex_;
  boost::unordered_flat_set<protocol::ConfigPtr, Hash, Equal>
      known_;  // Guarded by mutex_.
};

}  // namespace durable_streams::storage
