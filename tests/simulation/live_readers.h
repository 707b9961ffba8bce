// Readers that wait at the tail of streams and read on when they are told.
//
// They check that what they get goes on where they were, is what the model says,
// and that they were told of all that there is.
#pragma once

#include <map>
#include <set>
#include <string>

#include "server.h"

namespace durable_streams::simulation {

class LiveReaders final : public storage::TailListener {
 public:
  // For one life of `server`; both must outlive it.
  LiveReaders(Server& server, Model& model);

  // From the stream's beginning, or from its tail.
  void watch(const std::string& path, bool from_tail);
  void unwatch(const std::string& path);

  // The life is over: all streams are let go. Must be destroyed after the engine.
  void let_go() { readers_.clear(); }

  // Reads on wherever something has moved. Returns how many bytes came. After a
  // ReadFailure it is to be called again.
  uint64_t read_on();

  // Everything is durable and told: nobody may be behind.
  void check_nobody_waits() const;

  void tails_moved(std::span<const storage::StreamHandle> streams) noexcept override;

 private:
  struct Reader {
    storage::StreamHandle stream;
    uint64_t position = 0;
  };

  uint64_t read_on(const std::string& path, Reader& reader);
  bool has_ended(const Reader& reader) const;

  Server& server_;
  Model& model_;
  const storage::ListenerId id_;
  std::map<std::string, Reader> readers_;
  std::set<const storage::OpenStream*> moved_;
};

}  // namespace durable_streams::simulation
