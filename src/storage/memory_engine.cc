#include "storage/memory_engine.h"

#include <algorithm>
#include <utility>

#include "storage/engine_core.h"
#include "storage/errc.h"
#include "storage/page_rules.h"

namespace durable_streams::storage {
namespace {

// One append's bytes.
struct Chunk {
  uint64_t position;  // In the stream.
  SharedBytes bytes;
  std::vector<uint32_t> boundaries;
};

struct MemoryDetails {
  std::vector<Chunk> chunks;  // Adjacent, in order.
};
using MemoryStream = EntryWith<MemoryDetails>;

class MemoryEngine final : public EngineCore {
 public:
  explicit MemoryEngine(const Clock& clock) : EngineCore(clock) {}

  Result<Page> read(const OpenStream& stream, protocol::Offset from,
                    size_t bytes_max) const override;
  Result<void> health() const override { return {}; }
  void close() override {}

 private:
  std::optional<Refusal> refuse(uint64_t, bool) override { return std::nullopt; }
  void submit(Change change) override;
  void settle_unchanged(const EntryPtr& stream, Transaction& transaction) override;
  EntryPtr make_entry(StreamShard& shard, std::string_view path, uint64_t stream_id,
                      protocol::ConfigPtr config) override;
  void store(Change& change) override;
  void release(StreamEntry& stream) override;
  void watched_changed(RareState&) override {}
};

void MemoryEngine::submit(Change change) {
  const uint64_t listeners = make_durable(change);
  if (Transaction* const transaction = change.transaction) {
    transaction->receipt.settlement = Settlement::committed;
    transaction->home().post(*transaction);
  }
  listeners_.wake(listeners);
}

void MemoryEngine::settle_unchanged(const EntryPtr&, Transaction& transaction) {
  transaction.receipt.settlement = Settlement::unchanged;
  transaction.home().post(transaction);
}

EntryPtr MemoryEngine::make_entry(StreamShard& shard, std::string_view path,
                                  uint64_t stream_id, protocol::ConfigPtr config) {
  return MemoryStream::make(shard, path, stream_id, std::move(config));
}

void MemoryEngine::store(Change& change) {
  protocol::FramedPayload& payload = change.unit->payload;
  static_cast<MemoryStream&>(*change.stream)
      .chunks.push_back({change.position, SharedBytes(std::move(payload.bytes)),
                         std::move(payload.boundaries)});
}

void MemoryEngine::release(StreamEntry& stream) {
  static_cast<MemoryStream&>(stream).chunks = {};
}

Result<Page> MemoryEngine::read(const OpenStream& stream, protocol::Offset from,
                                size_t bytes_max) const {
  const auto& entry = static_cast<const MemoryStream&>(stream);
  const std::lock_guard lock(entry.shard_mutex());
  const auto start = start_of_read(entry, from);
  if (!start) return fail(start.error());

  Page page;
  uint64_t position = *start;
  uint64_t room = bytes_max;
  auto chunk = std::upper_bound(
      entry.chunks.begin(), entry.chunks.end(), position,
      [](uint64_t wanted, const Chunk& one) { return wanted < one.position; });
  if (chunk != entry.chunks.begin()) --chunk;
  for (; chunk != entry.chunks.end(); ++chunk) {
    const uint64_t inside = position - chunk->position;
    if (inside == chunk->bytes.size()) continue;
    if (!is_boundary(inside, chunk->bytes.size(), chunk->boundaries)) {
      return fail(Errc::offset_invalid);
    }
    const uint64_t taken = bytes_to_take(inside, chunk->bytes.size(), chunk->boundaries,
                                         room, page.chunks.empty());
    if (taken == 0) break;
    page.chunks.push_back(chunk->bytes.slice(inside, taken));
    position += taken;
    room -= std::min(room, taken);
    if (inside + taken < chunk->bytes.size()) break;
  }
  finish_page(page, entry.snapshot_locked(), position);
  return page;
}

}  // namespace

std::unique_ptr<Engine> make_memory_engine(const Clock& clock) {
  return std::make_unique<MemoryEngine>(clock);
}

}  // namespace durable_streams::storage
