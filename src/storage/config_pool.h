// Lets streams that were created alike share one StreamConfig.
//
// A Rails app has very many streams and a handful of configurations.
// Threads: any.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <mutex>
#include <string>

#include "protocol/stream_config.h"

namespace durable_streams::storage {

class ConfigPool {
 public:
  // A configuration equal to `config`: a shared one where there is one. Those
  // with an Expires-At differ from each other and are not shared.
  std::shared_ptr<const protocol::StreamConfig> intern(
      std::shared_ptr<const protocol::StreamConfig> config);

 private:
  using Shared = std::weak_ptr<const protocol::StreamConfig>;

  // Distinct configurations that are remembered. Stops: growth by clients that
  // vary a parameter of the content type.
  static constexpr size_t configs_max = 1024;

  void forget_unused();

  std::mutex mutex_;
  boost::unordered_flat_map<std::string, Shared> by_text_;  // Guarded by mutex_.
};

}  // namespace durable_streams::storage
