// The changes that requests ask of a stream, as engine transactions: they run
// the pure decisions of protocol/ on the state that the engine shows, and keep
// the outcome for who answers.
//
// Each is a base class: the owner derives, says in settled() what to answer,
// and usually deletes itself there. Before settled() the outcome means nothing;
// in it, look at receipt.settlement first: `unavailable` and `unknown` override
// the outcome.
#pragma once

#include <utility>

#include "protocol/append.h"
#include "protocol/create.h"
#include "storage/engine.h"

namespace durable_streams::streams {

// True if the answer in `outcome` may be given: what it rests on is durable.
inline bool is_settled(const storage::Receipt& receipt) {
  return receipt.settlement == storage::Settlement::committed ||
         receipt.settlement == storage::Settlement::unchanged;
}

class CreateTransaction : public storage::Transaction {
 public:
  CreateTransaction(CompletionQueue& home, protocol::CreateRequest request)
      : Transaction(home), request_(std::move(request)) {}

  Verdict decide(const protocol::StreamState* state, const protocol::Moment& now) final;
  protocol::Unit& unit() final { return unit_; }

 protected:
  ~CreateTransaction() = default;

  const protocol::CreateOutcome& outcome() const { return outcome_; }

  // As it was asked for.
  const protocol::StreamConfig& config() const {
    return unit_.config ? *unit_.config : request_.config;
  }

 private:
  protocol::CreateRequest request_;
  protocol::CreateOutcome outcome_;
  protocol::Unit unit_;
};

class AppendTransaction : public storage::Transaction {
 public:
  AppendTransaction(CompletionQueue& home, protocol::AppendRequest request)
      : Transaction(home), request_(std::move(request)) {}

  // On an expired stream the outcome is AppendNotFound, and the unit its expiry if
  // that is for good.
  Verdict decide(const protocol::StreamState* state, const protocol::Moment& now) final;
  protocol::Unit& unit() final { return unit_; }

 protected:
  ~AppendTransaction() = default;

  const protocol::AppendOutcome& outcome() const { return outcome_; }

 private:
  protocol::AppendRequest request_;
  protocol::AppendOutcome outcome_;
  protocol::Unit unit_;
};

class RemoveTransaction : public storage::Transaction {
 public:
  using Transaction::Transaction;

  Verdict decide(const protocol::StreamState* state, const protocol::Moment& now) final;
  protocol::Unit& unit() final { return unit_; }

 protected:
  ~RemoveTransaction() = default;

  // False: there was no stream, or an expired one (404): that one ends, too.
  bool removed() const { return removed_; }

 private:
  bool removed_ = false;
  protocol::Unit unit_;
};

// Expires a stream that was found past its time; nothing if it is not (it was
// renewed or made anew meanwhile), or not for good yet (protocol::may_end()). A
// reader's 404 waits for it.
class ExpireTransaction : public storage::Transaction {
 public:
  using Transaction::Transaction;

  Verdict decide(const protocol::StreamState* state, const protocol::Moment& now) final;
  protocol::Unit& unit() final { return unit_; }

 protected:
  ~ExpireTransaction() = default;

  // False: the stream lives after all; look again.
  bool gone() const { return gone_; }

 private:
  bool gone_ = false;
  protocol::Unit unit_;
};

}  // namespace durable_streams::streams
