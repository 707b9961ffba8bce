#include "protocol/producer_state.h"

namespace durable_streams::protocol {

ProducerVerdict validate_producer(const ProducerState* known,
                                  const ProducerTuple& claim) {
  if (known == nullptr) {
    if (claim.seq != 0) return ProducerGap{0, claim.seq};
    return ProducerAccepted{};
  }
  if (claim.epoch < known->epoch) return ProducerStaleEpoch{known->epoch};
  if (claim.epoch > known->epoch) {
    if (claim.seq != 0) return ProducerEpochMustStartAtZero{};
    return ProducerAccepted{};
  }
  if (claim.seq <= known->last_seq) return ProducerDuplicate{known->last_seq};
  if (claim.seq == known->last_seq + 1) return ProducerAccepted{};
  return ProducerGap{known->last_seq + 1, claim.seq};
}

}  // namespace durable_streams::protocol
