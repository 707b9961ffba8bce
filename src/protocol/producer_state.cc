#include "protocol/producer_state.h"

#include <algorithm>

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

ProducerTable::ProducerTable(const ProducerTable& other)
    : entries_(other.entries_ ? std::make_unique<Entries>(*other.entries_) : nullptr) {}

ProducerTable& ProducerTable::operator=(const ProducerTable& other) {
  if (this != &other) *this = ProducerTable(other);
  return *this;
}

const ProducerState* ProducerTable::find(std::string_view id) const {
  if (!entries_) return nullptr;
  const auto found = entries_->known.find(id);
  return found == entries_->known.end() ? nullptr : &found->second.state;
}

void ProducerTable::put(std::string_view id, ProducerState state, int64_t now_ms) {
  if (!entries_) entries_ = std::make_unique<Entries>();
  const auto place = entries_->known.lower_bound(id);
  if (place != entries_->known.end() && place->first == id) {
    place->second = {state, now_ms};
    return;
  }
  if (entries_->known.empty()) entries_->oldest_ms = now_ms;
  entries_->oldest_ms = std::min(entries_->oldest_ms, now_ms);
  entries_->known.emplace_hint(place, id, Known{state, now_ms});
}

bool ProducerTable::may_hold_idle(int64_t before_ms) const {
  return entries_ && entries_->oldest_ms < before_ms;
}

size_t ProducerTable::forget_idle(int64_t before_ms) {
  if (!may_hold_idle(before_ms)) return 0;
  const size_t forgotten = std::erase_if(entries_->known, [&](const auto& entry) {
    return entry.second.last_used_ms < before_ms;
  });
  if (entries_->known.empty()) {
    entries_.reset();
    return forgotten;
  }
  int64_t oldest_ms = entries_->known.begin()->second.last_used_ms;
  for (const auto& [id, known] : entries_->known) {
    oldest_ms = std::min(oldest_ms, known.last_used_ms);
  }
  entries_->oldest_ms = oldest_ms;
  return forgotten;
}

ProducerTable::Iterator ProducerTable::begin() const {
  Iterator first;
  if (entries_) first.at_ = entries_->known.begin();
  return first;
}

ProducerTable::Iterator ProducerTable::end() const {
  Iterator last;
  if (entries_) last.at_ = entries_->known.end();
  return last;
}

}  // namespace durable_streams::protocol
