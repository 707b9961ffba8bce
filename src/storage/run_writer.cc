#include "storage/run_writer.h"

#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "base/crc32c.h"
#include "storage/errc.h"
#include "storage/segment.h"

namespace durable_streams::storage {
namespace {

// Written in one go.
constexpr size_t buffer_bytes = 1024 * 1024;

}  // namespace

RunWriter::RunWriter(FileSystem& file_system, std::string directory,
                     const RunHeader& header, uint64_t sources_written_kib, Pace pace)
    : file_system_(file_system),
      directory_(std::move(directory)),
      final_path_(directory_ + "/" + run_name(header.range)),
      path_(final_path_ + std::string(unfinished_suffix)),
      header_(header),
      seed_(header.seed()),
      sources_written_kib_(sources_written_kib),
      pace_(std::move(pace)) {}

Result<std::unique_ptr<RunWriter>> RunWriter::create(FileSystem& file_system,
                                                     std::string directory,
                                                     const RunHeader& header,
                                                     uint64_t sources_written_kib,
                                                     Pace pace) {
  std::unique_ptr<RunWriter> writer(new RunWriter(
      file_system, std::move(directory), header, sources_written_kib, std::move(pace)));
  auto file = create_anew(file_system, writer->path_);
  if (!file) return fail(std::move(file.error()));
  writer->file_ = std::move(*file);
  if (auto done = writer->write(encode_run_header(header)); !done) {
    return fail(std::move(done.error()));
  }
  return writer;
}

RunWriter::~RunWriter() {
  if (file_ && !may_be_there_) (void)file_system_.remove(path_);
}

Result<void> RunWriter::add_stream(const StreamFold& fold,
                                   std::vector<FoldedRecord> records,
                                   const ReadPiece& read) {
  if (records.empty()) return {};
  ++trailer_.streams;
  const size_t first_extent = contents_.extents.size();
  for (FoldedRecord& record : records) {
    if (auto done = add_record(fold, record, read); !done) return done;
  }
  if (fold.data_begin() == fold.data_end()) return {};
  contents_.streams.push_back(
      {fold.stream_id(), fold.data_begin(), fold.data_end(),
       static_cast<uint32_t>(first_extent),
       static_cast<uint32_t>(contents_.extents.size() - first_extent)});
  return {};
}

Result<void> RunWriter::add_record(const StreamFold& fold, FoldedRecord& record,
                                   const ReadPiece& read) {
  const uint64_t id = fold.stream_id();
  size_t state_bytes = 0;
  head_.clear();
  switch (record.kind) {
    case RecordKind::trim:
      append_trim(head_, seed_, id, record.position);
      break;
    case RecordKind::gone:
      append_gone(head_, seed_, id, record.gone);
      break;
    case RecordKind::renew:
      append_renewal(head_, seed_, id, record.unit.at_ms);
      state_bytes = head_.size() - record_header_bytes;
      break;
    default:
      if (auto done = fill(record, read); !done) return done;
      state_bytes = append_unit_head(head_, seed_, record.unit,
                                     {fold.path(), id, record.position});
  }
  const std::string_view data = record.unit.payload.bytes;
  if (position_ + head_.size() + data.size() >= run_records_end_max) {
    return fail(system_error(EFBIG, "write " + path_));
  }
  note_entry(record, id, state_bytes);
  if (auto done = write(head_); !done) return done;
  if (auto done = write(data); !done) return done;
  return block_.is_full() ? write_block() : Result<void>();
}

// Copies the data of the pieces, and the boundaries between and inside them.
Result<void> RunWriter::fill(FoldedRecord& record, const ReadPiece& read) {
  protocol::FramedPayload& payload = record.unit.payload;
  for (const DataPiece& piece : record.pieces) {
    const auto bytes = read(piece);
    if (!bytes) return fail(bytes.error());
    const auto source = parse_head(*bytes);
    DS_ASSERT(source && source->size() == bytes->size());
    const auto base = static_cast<uint32_t>(payload.bytes.size());
    if (base > 0) payload.boundaries.push_back(base);
    if (source->has_boundaries()) {
      const auto meta = parse_meta(*source);
      if (!meta) return fail(Errc::corruption, path_ + ": a source does not parse");
      for (const uint32_t boundary : meta->boundaries)
        payload.boundaries.push_back(base + boundary);
    }
    payload.bytes += bytes->substr(source->head_bytes());
  }
  return {};
}

void RunWriter::note_entry(const FoldedRecord& record, uint64_t stream_id,
                           size_t state_bytes) {
  const size_t data_bytes = record.unit.payload.bytes.size();
  RunEntry entry;
  entry.record = *parse_head(head_);
  entry.record.meta = entry.record.meta.substr(0, state_bytes);
  entry.file_position = static_cast<uint32_t>(position_);
  entry.bytes = static_cast<uint32_t>(head_.size() + data_bytes);
  DS_ASSERT(entry.record.stream_id == stream_id);
  block_.add(entry);
  ++trailer_.entries;
  if (data_bytes == 0) return;
  trailer_.data_bytes += data_bytes;
  record_bytes_ += entry.bytes;
  contents_.extents.push_back({record.position, 0, entry.file_position, entry.bytes,
                               static_cast<uint32_t>(data_bytes)});
}

Result<void> RunWriter::write(std::string_view bytes) {
  buffer_ += bytes;
  position_ += bytes.size();
  if (buffer_.size() < buffer_bytes) return {};
  if (auto done = write_out(); !done) return done;
  if (unsynced_bytes_ < step_bytes) return {};
  if (auto done = file_->sync(); !done) return done;
  return pace_(std::exchange(unsynced_bytes_, 0));
}

Result<void> RunWriter::write_out() {
  const std::string_view piece = buffer_;
  if (auto done = file_->write_at(position_ - piece.size(), {&piece, 1}); !done) {
    return done;
  }
  unsynced_bytes_ += piece.size();
  buffer_.clear();
  return {};
}

Result<void> RunWriter::write_block() {
  return write(block_.finish(position_, seed_, blocks_.emplace_back()));
}

Result<void> RunWriter::write_footer() {
  if (!block_.empty()) {
    if (auto done = write_block(); !done) return done;
  }
  const std::string table = encode_run_table(blocks_);
  trailer_.table_position = position_;
  trailer_.blocks = static_cast<uint32_t>(blocks_.size());
  trailer_.table_crc = crc32c(table, seed_);
  if (auto done = write(table); !done) return done;
  trailer_.written_kib =
      kib_of(sources_written_kib_ * 1024 + position_ + run_trailer_bytes);
  return write(encode_run_trailer(trailer_, seed_));
}

Result<void> RunWriter::finish() {
  Result<void> done = write_footer();
  if (done) done = write_out();
  if (done) done = file_->sync();
  if (done) done = pace_(std::exchange(unsynced_bytes_, 0));
  if (!done) return done;
  may_be_there_ = true;
  done = file_system_.rename(path_, final_path_);
  if (done) done = file_system_.sync_directory(directory_);
  return done;
}

}  // namespace durable_streams::storage
