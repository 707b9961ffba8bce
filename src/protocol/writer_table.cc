#include "protocol/writer_table.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "base/assert.h"
#include "base/limits.h"
#include "base/small_blocks.h"

namespace durable_streams::protocol {
namespace {

constexpr int64_t minute_ms = 60'000;

int64_t minutes_rounded_up(int64_t ms) {
  return (std::max<int64_t>(ms, 0) + minute_ms - 1) / minute_ms;
}

// A block is, for each producer, this and then its id.
struct [[gnu::packed]] Head {
  uint64_t epoch : 53;
  uint64_t last_seq : 53;
  uint64_t last_used_minutes : 26;  // More than a century.
  uint64_t id_bytes : 11;
  uint64_t closed : 1;  // This producer closed the stream.
};
static_assert(sizeof(Head) == 18);
static_assert(limits::producer_number_max < uint64_t{1} << 53);

bool fits_head(const ProducerTuple& tuple, int64_t now_ms) {
  return tuple.epoch <= limits::producer_number_max &&
         tuple.seq <= limits::producer_number_max && tuple.id.size() < 1 << 11 &&
         minutes_rounded_up(now_ms) < 1 << 26;
}

// Goes through a block's producers.
class Walk {
 public:
  Walk(char* first, size_t count) : at_(first), left_(count) { load(); }

  bool done() const { return left_ == 0; }
  char* at() const { return at_; }
  size_t bytes() const { return sizeof head_ + head_.id_bytes; }
  bool closed() const { return head_.closed; }
  WriterTable::Producer get() const {
    return {{at_ + sizeof head_, head_.id_bytes},
            {head_.epoch, head_.last_seq},
            static_cast<int64_t>(head_.last_used_minutes) * minute_ms};
  }
  void next() {
    at_ += bytes();
    --left_;
    load();
  }
  // Goes on to `id`, or to the end.
  void find(std::string_view id) {
    while (!done() && get().id != id)
      next();
  }

 private:
  void load() {
    if (left_ > 0) std::memcpy(&head_, at_, sizeof head_);
  }

  char* at_;
  size_t left_;
  Head head_{};
};

void put_head(char* at, const WriterTable::Producer& producer, bool closed) {
  Head head{};
  head.epoch = producer.state.epoch;
  head.last_seq = producer.state.last_seq;
  head.last_used_minutes =
      static_cast<uint64_t>(minutes_rounded_up(producer.last_used_ms));
  head.id_bytes = producer.id.size();
  head.closed = closed;
  std::memcpy(at, &head, sizeof head);
}

}  // namespace

struct WriterTable::Many {
  struct Known {
    ProducerState state;
    int64_t last_used_ms;
  };

  void put(std::string id, const Known& known) {
    if (producers.empty()) oldest_ms = known.last_used_ms;
    oldest_ms = std::min(oldest_ms, known.last_used_ms);
    producers.insert_or_assign(std::move(id), known);
  }

  size_t forget_idle(int64_t before_ms) {
    const size_t forgotten = std::erase_if(producers, [&](const auto& entry) {
      return entry.second.last_used_ms < before_ms;
    });
    oldest_ms = INT64_MAX;
    for (const auto& [id, known] : producers)
      oldest_ms = std::min(oldest_ms, known.last_used_ms);
    return forgotten;
  }

  std::map<std::string, Known, std::less<>> producers;
  int64_t oldest_ms = 0;  // No later than any producer's last use.
  std::map<std::string, std::string, std::less<>> stream_seqs;
  std::optional<std::string> closed_by;
};

std::optional<ProducerState> WriterTable::producer(std::string_view id) const {
  if (const Many* const maps = many()) {
    const auto found = maps->producers.find(id);
    if (found == maps->producers.end()) return std::nullopt;
    return found->second.state;
  }
  Walk walk(first(), count());
  walk.find(id);
  if (walk.done()) return std::nullopt;
  return walk.get().state;
}

void WriterTable::put_producer(const ProducerTuple& tuple, int64_t now_ms) {
  if (put_in_block(tuple, now_ms)) return;
  make_many().put(tuple.id,
                  {{tuple.epoch, tuple.seq}, minutes_rounded_up(now_ms) * minute_ms});
}

// False: the table has maps, or has to have them.
bool WriterTable::put_in_block(const ProducerTuple& tuple, int64_t now_ms) {
  if (many() != nullptr || !fits_head(tuple, now_ms)) return false;
  const Producer newest{tuple.id, {tuple.epoch, tuple.seq}, now_ms};
  Walk walk(first(), count());
  walk.find(tuple.id);
  if (!walk.done()) {
    put_head(walk.at(), newest, walk.closed());
    return true;
  }
  const size_t known = count();
  if (known == block_producers_max) return false;
  const size_t bytes = known == 0 ? 1 : static_cast<size_t>(walk.at() - block());
  const size_t bytes_after = bytes + sizeof(Head) + tuple.id.size();
  if (bytes_after > SmallBlockPool::block_bytes_max) return false;
  char* const grown = static_cast<char*>(
      resize_small(known == 0 ? nullptr : block(), bytes, bytes_after));
  put_head(grown + bytes, newest, false);
  std::memcpy(grown + bytes + sizeof(Head), tuple.id.data(), tuple.id.size());
  *grown = static_cast<char>(known + 1);
  word_ = reinterpret_cast<uintptr_t>(grown) + block_tag;
  return true;
}

WriterTable::Many& WriterTable::make_many() {
  if (Many* const maps = many()) return *maps;
  auto maps = std::make_unique<Many>();
  for (Walk walk(first(), count()); !walk.done(); walk.next()) {
    const Producer one = walk.get();
    maps->put(std::string(one.id), {one.state, one.last_used_ms});
    if (walk.closed()) maps->closed_by = one.id;
  }
  clear();
  word_ = reinterpret_cast<uintptr_t>(maps.get());
  return *maps.release();
}

size_t WriterTable::producers() const {
  const Many* const maps = many();
  return maps != nullptr ? maps->producers.size() : count();
}

size_t WriterTable::producers_with(std::string_view prefix, size_t count_max) const {
  size_t found = 0;
  if (const Many* const maps = many()) {
    for (auto at = maps->producers.lower_bound(prefix);
         at != maps->producers.end() && at->first.starts_with(prefix) &&
         found < count_max;
         ++at)
      ++found;
    return found;
  }
  for (Walk walk(first(), count()); !walk.done() && found < count_max; walk.next())
    found += walk.get().id.starts_with(prefix);
  return found;
}

bool WriterTable::may_hold_idle(int64_t before_ms) const {
  if (const Many* const maps = many())
    return !maps->producers.empty() && maps->oldest_ms < before_ms;
  for (Walk walk(first(), count()); !walk.done(); walk.next()) {
    if (walk.get().last_used_ms < before_ms) return true;
  }
  return false;
}

size_t WriterTable::forget_idle(int64_t before_ms) {
  if (!may_hold_idle(before_ms)) return 0;
  if (Many* const maps = many()) return maps->forget_idle(before_ms);
  char* kept = first();
  size_t kept_count = 0;
  for (Walk walk(first(), count()); !walk.done();) {
    char* const at = walk.at();
    const size_t bytes = walk.bytes();
    const bool keep = walk.get().last_used_ms >= before_ms;
    walk.next();  // Before its bytes are overwritten.
    if (!keep) continue;
    std::memmove(kept, at, bytes);
    kept += bytes;
    ++kept_count;
  }
  const size_t forgotten = count() - kept_count;
  if (kept_count == 0) {
    clear();
  } else {
    const auto bytes = static_cast<size_t>(kept - block());
    *block() = static_cast<char>(kept_count);
    word_ =
        reinterpret_cast<uintptr_t>(resize_small(block(), bytes, bytes)) + block_tag;
  }
  return forgotten;
}

size_t WriterTable::forget_longest_idle(size_t count_kept, int64_t before_ms) {
  if (producers() <= count_kept) return 0;
  std::vector<int64_t> last_uses;
  last_uses.reserve(producers());
  each_producer(
      [&](const Producer& producer) { last_uses.push_back(producer.last_used_ms); });
  const auto newest_gone = last_uses.end() - static_cast<ptrdiff_t>(count_kept) - 1;
  std::nth_element(last_uses.begin(), newest_gone, last_uses.end());
  return forget_idle(std::min(*newest_gone + 1, before_ms));
}

void WriterTable::each_producer(
    const std::function<void(const Producer&)>& visit) const {
  if (const Many* const maps = many()) {
    for (const auto& [id, known] : maps->producers)
      visit({id, known.state, known.last_used_ms});
    return;
  }
  for (Walk walk(first(), count()); !walk.done(); walk.next())
    visit(walk.get());
}

std::optional<std::string_view> WriterTable::stream_seq(std::string_view scope) const {
  const Many* const maps = many();
  if (maps == nullptr) return std::nullopt;
  const auto found = maps->stream_seqs.find(scope);
  if (found == maps->stream_seqs.end()) return std::nullopt;
  return found->second;
}

void WriterTable::put_stream_seq(const ScopedSeq& seq) {
  make_many().stream_seqs.insert_or_assign(seq.scope, seq.value);
}

size_t WriterTable::stream_seqs() const {
  const Many* const maps = many();
  return maps != nullptr ? maps->stream_seqs.size() : 0;
}

void WriterTable::each_stream_seq(
    const std::function<void(std::string_view, std::string_view)>& visit) const {
  const Many* const maps = many();
  if (maps == nullptr) return;
  for (const auto& [scope, value] : maps->stream_seqs)
    visit(scope, value);
}

void WriterTable::set_closed_by(std::string_view id) {
  DS_ASSERT(producer(id));
  if (Many* const maps = many()) {
    maps->closed_by = id;
    return;
  }
  Walk walk(first(), count());
  walk.find(id);
  put_head(walk.at(), walk.get(), true);
}

std::optional<ProducerTuple> WriterTable::closed_by() const {
  if (const Many* const maps = many()) {
    if (!maps->closed_by) return std::nullopt;
    const ProducerState state = *producer(*maps->closed_by);
    return ProducerTuple{*maps->closed_by, state.epoch, state.last_seq};
  }
  for (Walk walk(first(), count()); !walk.done(); walk.next()) {
    if (!walk.closed()) continue;
    const Producer one = walk.get();
    return ProducerTuple{std::string(one.id), one.state.epoch, one.state.last_seq};
  }
  return std::nullopt;
}

void WriterTable::clear() {
  if (has_block()) {
    release_small(block());
  } else {
    delete many();
  }
  word_ = 0;
}

}  // namespace durable_streams::protocol
