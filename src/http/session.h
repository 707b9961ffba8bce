// One connection, whatever HTTP version it speaks: what a ConnectionSet needs
// to know of it.
#pragma once

namespace durable_streams::http {

// Threads: one, its set's.
class Session {
 public:
  // The server wants to end: an idle connection closes now, another one after
  // the answer in flight.
  virtual void drain() = 0;

  // Ends now. What a handler still owes an answer is told client_gone(), and
  // its answer goes nowhere.
  virtual void drop() = 0;

  // What ConnectionSet::defer() put off.
  virtual void run_deferred() = 0;

 protected:
  friend class ConnectionSet;
  Session() = default;
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

 private:
  Session* next_session_ = nullptr;
  Session* previous_session_ = nullptr;
  bool deferred_ = false;
};

}  // namespace durable_streams::http
