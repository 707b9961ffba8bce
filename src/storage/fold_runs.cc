#include <algorithm>
#include <limits>

#include "storage/fold_source.h"

namespace durable_streams::storage {
namespace {

// What is read ahead of one run's records.
constexpr size_t read_ahead_bytes = 512 * 1024;

// One run's entries, and its records in ascending order.
class RunCursor {
 public:
  explicit RunCursor(const RunFile& run) : run_(run) {}

  // The entry at hand; null at the end.
  const RunEntry* entry() const { return entry_ ? &*entry_ : nullptr; }

  Result<void> advance() {
    for (;;) {
      if (reader_) entry_ = reader_->next();
      if (entry_ || block_ == run_.blocks().size()) return {};
      auto bytes = run_.read_block(block_);
      if (!bytes) return fail(std::move(bytes.error()));
      bytes_ = std::move(*bytes);
      reader_.emplace(bytes_, run_.blocks()[block_]);
      ++block_;
    }
  }

  Result<std::string_view> read(uint32_t position, uint32_t size) {
    if (position < ahead_position_ ||
        uint64_t{position} + size > ahead_position_ + ahead_.size()) {
      ahead_.resize(std::max<size_t>(size, read_ahead_bytes));
      const auto got = run_.file().read_at(position, ahead_.data(), ahead_.size());
      if (!got) return fail(got.error());
      ahead_.resize(*got);
      ahead_position_ = position;
    }
    const auto bytes =
        std::string_view(ahead_).substr(position - ahead_position_, size);
    const auto record = parse_record(bytes, run_.seed());
    if (!record || record->size() != size) {
      return run_.damage(position, "the checksum does not match");
    }
    return bytes;
  }

 private:
  const RunFile& run_;
  size_t block_ = 0;  // The next.
  std::string bytes_;
  std::optional<RunBlockReader> reader_;
  std::optional<RunEntry> entry_;
  std::string ahead_;
  uint64_t ahead_position_ = 0;
};

class RunsSource final : public FoldSource {
 public:
  explicit RunsSource(std::span<const RunFile> runs) : runs_(runs) {
    cursors_.reserve(runs.size());
    range_ = runs.front().header();
    range_.range.last = runs.back().header().range.last;
    range_.end = runs.back().header().end;
    uint64_t log_kib = 0;
    for (const RunFile& run : runs) {
      range_.next_stream_id =
          std::max(range_.next_stream_id, run.header().next_stream_id);
      range_.newest_ms = std::max(range_.newest_ms, run.header().newest_ms);
      log_kib += run.header().log_kib;
      written_kib_ += run.trailer().written_kib;
      cursors_.emplace_back(run);
    }
    range_.log_kib = kib_of(log_kib * 1024);
  }

  const RunHeader& range() const override { return range_; }
  uint64_t written_kib() const override { return written_kib_; }

  Result<bool> next(StreamFold& fold) override {
    if (!begun_) {
      begun_ = true;
      for (RunCursor& cursor : cursors_) {
        if (auto done = cursor.advance(); !done) return fail(std::move(done.error()));
      }
    }
    uint64_t id = std::numeric_limits<uint64_t>::max();
    for (const RunCursor& cursor : cursors_) {
      if (cursor.entry()) id = std::min(id, cursor.entry()->record.stream_id);
    }
    if (id == std::numeric_limits<uint64_t>::max()) return false;
    fold.begin(id);
    for (uint32_t i = 0; i < cursors_.size(); ++i) {
      RunCursor& cursor = cursors_[i];
      while (cursor.entry() && cursor.entry()->record.stream_id == id) {
        const RunEntry& entry = *cursor.entry();
        if (!fold.add(entry.record, {i, entry.file_position, entry.bytes})) {
          return runs_[i].damage(entry.file_position, "the record makes no sense");
        }
        if (auto done = cursor.advance(); !done) return fail(std::move(done.error()));
      }
    }
    return true;
  }

  Result<std::string_view> read(const DataPiece& piece) override {
    return cursors_[piece.source].read(piece.file_position, piece.bytes);
  }

 private:
  const std::span<const RunFile> runs_;
  RunHeader range_;
  uint64_t written_kib_ = 0;
  std::vector<RunCursor> cursors_;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<FoldSource> fold_runs(std::span<const RunFile> runs) {
  return std::make_unique<RunsSource>(runs);
}

}  // namespace durable_streams::storage
