#include "storage/log_engine.h"

#include <boost/container/small_vector.hpp>
#include <random>
#include <utility>

#include "base/assert.h"
#include "base/limits.h"
#include "storage/errc.h"

namespace durable_streams::storage {

uint64_t random_salt() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

LogEngine::LogEngine(LogOptions& options, DataDirectory directory)
    : EngineCore(options.clock),
      directory_(std::move(directory)),
      segment_directory_(options.file_system, directory_.log_path(),
                         options.salt_source),
      files_(options.file_system, options.open_files_max),
      reader_(files_),
      sizes_{options.segment_bytes,
             std::min(options.reserve_bytes, options.segment_bytes)},
      background_(options.background),
      clock_(options.clock),
      replay_options_(options.replay),
      tidy_options_(std::move(options.tidying)),
      salt_source_(options.salt_source) {}

Result<std::unique_ptr<LogEngine>> LogEngine::open(LogOptions options) {
  auto directory =
      DataDirectory::open(options.file_system, options.data_dir, options.lock);
  if (!directory) return fail(std::move(directory.error()));
  std::unique_ptr<LogEngine> engine(new LogEngine(options, std::move(*directory)));
  if (auto done = engine->recover_log(); !done) {
    engine->failed_ = true;  // So that closing it writes nothing.
    return fail(std::move(done.error()));
  }
  engine->start();
  return engine;
}

LogEngine::~LogEngine() {
  close();
}

std::optional<EngineCore::Refusal> LogEngine::refuse(uint64_t bytes, bool frugal) {
  if (refusing_.load(std::memory_order_relaxed) || bytes > record_bytes_max) {
    return Refusal{};
  }
  const uint64_t queued = queued_bytes_.fetch_add(bytes);
  const bool too_many = queued > 0 && queued + bytes > limits::commit_queue_bytes_max;
  const Shortage shortage = supply_->shortage();
  const bool has_room =
      shortage == Shortage::none || (frugal && has_frugal_room(queued + bytes));
  if (!too_many && has_room) return std::nullopt;
  queued_bytes_ -= bytes;
  return Refusal{.disk_full = !has_room && shortage == Shortage::space};
}

// The rest of the active segment, and the reserve, are kept for what a full disk
// still takes.
bool LogEngine::has_frugal_room(uint64_t bytes) const {
  return LogWriter::room_for(bytes) <= active_room_.load(std::memory_order_relaxed) ||
         LogWriter::capacity_for(bytes) <= supply_->spare_bytes();
}

void LogEngine::submit(Change change) {
  Transaction* const transaction = change.transaction;
  const uint64_t bytes = change.queued_bytes;
  if (queue_.push(std::move(change))) return;
  queued_bytes_ -= bytes;  // Closed since refuse().
  if (transaction == nullptr) return;
  transaction->receipt.settlement = Settlement::unknown;
  transaction->home().post(*transaction);
}

void LogEngine::settle_unchanged(const EntryPtr& stream, Transaction& transaction) {
  // The stream's number is cut to 32 bits. After two billion changes of others it
  // may look like one that is yet to come: then the answer waits for nothing.
  const uint64_t newest_durable = durable_number_.load(std::memory_order_acquire);
  const auto ahead = stream
                         ? static_cast<int32_t>(stream->last_change -
                                                static_cast<uint32_t>(newest_durable))
                         : 0;
  const bool durable = ahead <= 0;
  if (!durable &&
      queue_.push_waiter(transaction, newest_durable + static_cast<uint32_t>(ahead)))
    return;
  transaction.receipt.settlement =
      durable ? Settlement::unchanged : Settlement::unknown;
  transaction.home().post(transaction);
}

EntryPtr LogEngine::make_entry(StreamShard& shard, std::string_view path,
                               uint64_t stream_id, protocol::ConfigPtr config) {
  return LogStream::make(shard, path, stream_id, std::move(config));
}

void LogEngine::store(Change& change) {
  auto& stream = static_cast<LogStream&>(*change.stream);
  protocol::FramedPayload& payload = change.unit->payload;
  stream.extents.add(change.position, *place_);
  RareState* const rare = stream.shard().find_rare(stream);
  if (rare == nullptr || !rare->recent) return;
  if (payload.boundaries.empty() && RecentBytes::accepts(payload.bytes.size())) {
    rare->recent->add(change.position, SharedBytes(std::move(payload.bytes)));
  } else {
    rare->recent->clear();
  }
}

void LogEngine::release(StreamEntry& stream) {
  auto& ended = static_cast<LogStream&>(stream);
  ended.extents.for_each([this](const Extent& extent) {
    if (extent.segment < first_run_id) return;
    if (const LogFilePtr run = files_.find(extent.segment))
      run->live_bytes -= extent.file_bytes;
  });
  ended.extents.clear();
}

void LogEngine::watched_changed(RareState& state) {
  if (state.listeners == 0) {
    state.recent = nullptr;
  } else if (!state.recent) {
    state.recent = std::make_unique<RecentBytes>(recent_budget_);
  }
}

Result<Page> LogEngine::read(const OpenStream& stream, protocol::Offset from,
                             size_t bytes_max) const {
  // Bytes that the tidier has moved meanwhile are looked for again. They move when
  // runs are merged, minutes apart.
  constexpr int tries_max = 4;
  for (int tries = 1;; ++tries) {
    auto page = try_read(static_cast<const LogStream&>(stream), from, bytes_max);
    if (page || page.error().code != Errc::moved) return page;
    if (tries == tries_max) {
      return fail(Errc::corruption, std::string(stream.path()) +
                                        ": a file that holds some of it is missing");
    }
  }
}

Result<Page> LogEngine::try_read(const LogStream& entry, protocol::Offset from,
                                 size_t bytes_max) const {
  Page page;
  Snapshot seen;
  uint64_t position = 0;
  boost::container::small_vector<Extent, 16> extents;
  {
    const std::lock_guard lock(entry.shard_mutex());
    const auto start = start_of_read(entry, from);
    if (!start) return fail(start.error());
    position = *start;
    seen = entry.snapshot_locked();
    if (position < seen.tail.position) {
      const RareState* const rare = entry.shard().find_rare(entry);
      if (rare != nullptr && rare->recent && rare->recent->holds(position)) {
        const auto end = rare->recent->read(position, bytes_max, page.chunks);
        if (!end) return fail(end.error());
        position = *end;
      } else {
        entry.extents.find(position, seen.tail.position, bytes_max, extents);
      }
    }
  }
  if (!extents.empty()) {
    const auto end =
        reader_.read(extents, seen.stream_id, position, bytes_max, page.chunks);
    if (!end) return fail(end.error());
    position = *end;
  }
  finish_page(page, seen, position);
  return page;
}

Result<void> LogEngine::health() const {
  const std::lock_guard lock(health_mutex_);
  if (failure_) return fail(*failure_);
  return {};
}

void LogEngine::close() {
  if (std::exchange(closed_, true)) return;
  refusing_ = true;
  queue_.close();
  if (supply_) supply_->set_patient(false);
  if (tidier_) tidier_->stop();
  if (committer_.joinable()) {
    committer_.join();
  } else if (writer_) {
    run();
  }
  if (supply_) supply_->stop();
}

}  // namespace durable_streams::storage
