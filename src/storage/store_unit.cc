#include "storage/store_unit.h"

#include <algorithm>
#include <utility>

#include "storage/errc.h"
#include "storage/segment.h"
#include "storage/segment_scanner.h"
#include "storage/segment_survey.h"

namespace durable_streams::storage {
namespace {

// Reads a file from front to back, a few MiB at a time.
class ForwardReader {
 public:
  explicit ForwardReader(const ReadableFile& file) : file_(file) {}

  // Shorter than `size` only at the end of the file. Valid until the next call.
  Result<std::string_view> read(uint64_t position, size_t size) {
    if (position < begin_ || position + size > begin_ + bytes_.size()) {
      bytes_.resize(std::max(size, read_ahead_bytes));
      const auto got = file_.read_at(position, bytes_.data(), bytes_.size());
      if (!got) return fail(got.error());
      bytes_.resize(*got);
      begin_ = position;
    }
    return std::string_view(bytes_).substr(position - begin_, size);
  }

 private:
  static constexpr size_t read_ahead_bytes = 4 * 1024 * 1024;

  const ReadableFile& file_;
  std::string bytes_;
  uint64_t begin_ = 0;  // Of `bytes_`, in the file.
};

Result<UnitSummary> walk_segment(const StoreUnit& unit, const UnitFile& file,
                                 const UnitVisitor& visit) {
  const auto image = read_segment(unit, *file.file);
  if (!image) return fail(image.error());
  UnitSummary summary;
  summary.torn_bytes = image->torn_bytes;
  const uint32_t number = unit.range.first;
  SegmentSurvey survey(image->bytes, number, unit.seed);
  bool has_batch = false;
  while (const auto piece = survey.next()) {
    if (piece->kind == SurveyedPiece::Kind::batch) {
      const BatchHead& batch = piece->batch;
      if (!std::exchange(has_batch, true)) summary.oldest_ms = batch.at_ms;
      summary.newest_ms = std::max(summary.newest_ms, batch.at_ms);
      summary.next_stream_id = std::max(summary.next_stream_id, batch.next_stream_id);
      continue;
    }
    const bool is_record = piece->kind == SurveyedPiece::Kind::record;
    visit({is_record ? UnitPiece::Kind::record : UnitPiece::Kind::bad, piece->from,
           piece->to, piece->record});
  }
  const uint64_t end = unit.end ? unit.end->position : image->bytes.size();
  if (image->bytes.size() < end)
    visit({UnitPiece::Kind::bad, image->bytes.size(), end, std::nullopt});
  summary.end = {number, static_cast<uint32_t>(end)};
  return summary;
}

// The records of [from, to), a part of a run, with nothing to tell where they
// begin.
Result<void> walk_records(const ReadableFile& file, uint32_t seed, uint64_t from,
                          uint64_t to, UnitPiece::Kind kind_of_bad,
                          const UnitVisitor& visit) {
  std::string bytes(to - from, '\0');
  const auto got = file.read_at(from, bytes.data(), bytes.size());
  if (!got) return fail(got.error());
  bytes.resize(*got);
  SegmentSurvey survey = SegmentSurvey::of_records(bytes, seed);
  while (const auto piece = survey.next()) {
    const bool is_record = piece->kind == SurveyedPiece::Kind::record;
    visit({is_record ? UnitPiece::Kind::record : kind_of_bad, from + piece->from,
           from + piece->to, piece->record});
  }
  return {};
}

bool is_the_entrys(const RecordView& record, const RunEntry& entry) {
  const RecordView& told = entry.record;
  return record.kind == told.kind && record.flags == told.flags &&
         record.stream_id == told.stream_id && record.position == told.position &&
         record.at_ms == told.at_ms && record.data_bytes == told.data_bytes &&
         record.meta.starts_with(told.meta);
}

Result<void> walk_block(const RunFile& run, const RunBlock& block,
                        std::string_view entries, ForwardReader& reader,
                        const UnitVisitor& visit) {
  RunBlockReader block_reader(entries, block);
  while (const auto entry = block_reader.next()) {
    const auto bytes = reader.read(entry->file_position, entry->bytes);
    if (!bytes) return fail(bytes.error());
    const auto record = parse_record(*bytes, run.seed());
    const bool sound = record && is_the_entrys(*record, *entry);
    visit({sound ? UnitPiece::Kind::record : UnitPiece::Kind::lost_data,
           entry->file_position, uint64_t{entry->file_position} + entry->bytes,
           entry->record});
  }
  return {};
}

Result<UnitSummary> walk_run(const StoreUnit& unit, const UnitFile& file,
                             const UnitVisitor& visit) {
  UnitSummary summary;
  summary.end = unit.end.value_or(LogPosition{});
  if (!file.run) {
    visit({UnitPiece::Kind::footer, 0, unit.file_bytes, std::nullopt});
    auto done = walk_records(*file.file, unit.seed, run_header_bytes, unit.file_bytes,
                             UnitPiece::Kind::unclear, visit);
    if (!done) return fail(std::move(done.error()));
    return summary;
  }
  const RunFile& run = *file.run;
  summary.end = run.header().end;
  summary.newest_ms = run.header().newest_ms;
  summary.next_stream_id = run.header().next_stream_id;
  summary.log_kib = run.header().log_kib;
  summary.written_kib = run.trailer().written_kib;
  ForwardReader reader(run.file());
  for (size_t i = 0; i < run.blocks().size(); ++i) {
    const RunBlock& block = run.blocks()[i];
    const auto entries = run.read_block(i);
    Result<void> done;
    if (entries) {
      done = walk_block(run, block, *entries, reader, visit);
    } else if (entries.error().code == Errc::corruption) {
      visit({UnitPiece::Kind::footer, block.position, block.position + block.bytes,
             std::nullopt});
      done = walk_records(run.file(), run.seed(), block.records_position,
                          block.position, UnitPiece::Kind::bad, visit);
    } else {
      return fail(entries.error());
    }
    if (!done) return fail(std::move(done.error()));
  }
  return summary;
}

// Where the last piece ends that verifies.
uint32_t last_good_end(std::string_view image, const StoreUnit& segment) {
  // A batch record may end in zeros.
  image = image.substr(0, used_end(image) + batch_record_bytes);
  SegmentSurvey survey(image, segment.range.first, segment.seed);
  uint32_t end = segment_header_bytes;
  while (const auto piece = survey.next()) {
    if (piece->kind != SurveyedPiece::Kind::bad) end = piece->to;
  }
  return end;
}

}  // namespace

Result<std::shared_ptr<const UnitFile>> StoreUnit::open(FileSystem& file_system) const {
  if (kept) return kept;
  auto opened = std::make_shared<UnitFile>();
  if (has_footer) {
    auto run = RunFile::open(file_system, path, range);
    if (!run) return fail(std::move(run.error()));
    opened->run = std::move(*run);
  } else {
    auto file = file_system.open_readable(path);
    if (!file) return fail(std::move(file.error()));
    opened->file = std::move(*file);
  }
  return opened;
}

Result<UnitSummary> walk_unit(FileSystem& file_system, const StoreUnit& unit,
                              const UnitVisitor& visit) {
  const auto file = unit.open(file_system);
  if (!file) return fail(file.error());
  return unit.kind == StoreUnit::Kind::run ? walk_run(unit, **file, visit)
                                           : walk_segment(unit, **file, visit);
}

Result<std::string> read_file_start(const ReadableFile& file, uint64_t size) {
  const auto size_now = file.size();
  if (!size_now) return fail(size_now.error());
  std::string bytes(std::min(size, *size_now), '\0');
  const auto got = file.read_at(0, bytes.data(), bytes.size());
  if (!got) return fail(got.error());
  bytes.resize(*got);
  return bytes;
}

Result<uint64_t> copy_file(FileSystem& file_system, const ReadableFile& from,
                           const std::string& to) {
  auto file = file_system.open_writable(to, OpenMode::create);
  if (!file) return fail(std::move(file.error()));
  std::string piece(1024 * 1024, '\0');
  uint64_t position = 0;
  for (;;) {
    const auto got = from.read_at(position, piece.data(), piece.size());
    if (!got) return fail(got.error());
    if (*got == 0) break;
    const std::string_view bytes(piece.data(), *got);
    if (auto done = (*file)->write_at(position, {&bytes, 1}); !done)
      return fail(std::move(done.error()));
    position += *got;
  }
  if (auto done = (*file)->sync(); !done) return fail(std::move(done.error()));
  return position;
}

Result<SegmentImage> read_segment(const StoreUnit& segment, const ReadableFile& file) {
  const uint64_t wanted = segment.end ? segment.end->position : segment.file_bytes;
  auto bytes = read_file_start(file, wanted);
  if (!bytes) return fail(std::move(bytes.error()));
  SegmentImage image{std::move(*bytes), 0};
  if (segment.end) return image;

  // A batch that a server was writing while it was read is whole by the time that
  // a later one is seen, because batches are written one after the other. So a bad
  // byte before such a one is looked at again.
  for (uint32_t looked_at = 0;;) {
    SegmentScanner scanner(image.bytes, segment.range.first, segment.seed);
    uint32_t whole_end = segment_header_bytes;
    while (scanner.next()) {
      if (scanner.batch_records_left() == 0) whole_end = scanner.position();
    }
    const uint32_t bad = scanner.position();
    const LogPosition durable =
        highest_synced_through(image.bytes, segment.range.first, segment.seed, bad);
    const bool is_damaged = durable > LogPosition{segment.range.first, bad};
    if (!is_damaged || bad == looked_at) {
      const uint32_t used = used_end(image.bytes);
      const uint32_t end =
          is_damaged ? std::max(durable.position, last_good_end(image.bytes, segment))
                     : whole_end;
      image.torn_bytes = used > end ? used - end : 0;
      image.bytes.resize(end);
      return image;
    }
    looked_at = bad;
    const auto got =
        file.read_at(bad, image.bytes.data() + bad, image.bytes.size() - bad);
    if (!got) return fail(got.error());
  }
}

}  // namespace durable_streams::storage
