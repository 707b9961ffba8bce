// Reads that stay open (long-poll, SSE), so that a stopping server can end them
// politely.
#pragma once

#include <boost/intrusive/list.hpp>

namespace durable_streams::server {

class LiveReader : public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  // Ends the read as if its time had come: its client is to come back, to
  // whoever serves then. The reader is gone afterwards.
  virtual void server_stopping() = 0;

 protected:
  ~LiveReader() = default;
};

// Those of one I/O thread. Leaving is destruction.
class LiveReaders {
 public:
  void add(LiveReader& reader) { readers_.push_back(reader); }

  void stop_all() {
    while (!readers_.empty())
      readers_.front().server_stopping();
  }

 private:
  boost::intrusive::list<LiveReader, boost::intrusive::constant_time_size<false>>
      readers_;
};

}  // namespace durable_streams::server
