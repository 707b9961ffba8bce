// Transactions that are over, gathered so that each home gets one chain and one
// wake-up.
//
// Not thread-safe.
#pragma once

#include <boost/container/small_vector.hpp>

#include "storage/engine.h"

namespace durable_streams::storage {

class Settlements {
 public:
  void add(Transaction& transaction, Settlement settlement) {
    transaction.receipt.settlement = settlement;
    for (Chain& chain : chains_) {
      if (chain.home != &transaction.home()) continue;
      CompletionQueue::link(transaction, *chain.newest);
      chain.newest = &transaction;
      return;
    }
    chains_.push_back({&transaction.home(), &transaction, &transaction});
  }

  // Posts what was added, in order.
  void post() {
    for (const Chain& chain : chains_)
      chain.home->post_chain(*chain.newest, *chain.oldest);
    chains_.clear();
  }

 private:
  struct Chain {
    CompletionQueue* home;
    Transaction* newest;
    Transaction* oldest;
  };
  boost::container::small_vector<Chain, 16> chains_;  // One per I/O thread.
};

}  // namespace durable_streams::storage
