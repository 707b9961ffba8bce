#include "storage/tail_history.h"

namespace durable_streams::storage {

void TailHistory::note(uint64_t stream_id, int64_t admitted_ms, uint64_t position) {
  const int64_t tick = admitted_ms / tick_ms;
  if (!moves_.empty() && moves_.back().stream_id == stream_id &&
      moves_.back().tick == tick) {
    return;
  }
  moves_.push_back({stream_id, tick, position});
  if (moves_.size() > moves_max) {
    forgotten_tick_ = moves_.front().tick;
    moves_.pop_front();
  }
}

std::optional<uint64_t> TailHistory::position_at(uint64_t stream_id, int64_t then_ms,
                                                 uint64_t position_now) const {
  const int64_t then_tick = then_ms / tick_ms;
  if (forgotten_tick_ && then_tick <= *forgotten_tick_) return std::nullopt;
  uint64_t position = position_now;
  for (auto move = moves_.rbegin(); move != moves_.rend() && move->tick >= then_tick;
       ++move) {
    if (move->stream_id == stream_id) position = move->position;
  }
  return position;
}

}  // namespace durable_streams::storage
