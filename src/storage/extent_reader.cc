#include "storage/extent_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "storage/errc.h"
#include "storage/page_rules.h"
#include "storage/record.h"

namespace durable_streams::storage {
namespace {

// Extents with a gap this small between them, other streams' records, are read in
// one go: copying the gap costs less than another call.
constexpr uint64_t gap_bytes_max = 2048;

std::shared_ptr<char[]> make_buffer(size_t size) {
  return std::make_shared_for_overwrite<char[]>(size);
}

bool is_long(const Extent& extent) {
  return extent.data_bytes > block_bytes;
}

// How many of `extents` can be read as one run of at most `wanted` bytes, or one.
size_t run_length(std::span<const Extent> extents, uint64_t from, uint64_t wanted) {
  size_t length = 1;
  while (length < extents.size()) {
    const Extent& last = extents[length - 1];
    const Extent& next = extents[length];
    const bool adjacent = next.segment == last.segment &&
                          next.file_position >= last.file_end() &&
                          next.file_position - last.file_end() <= gap_bytes_max;
    if (!adjacent || is_long(next) || last.end() >= from + wanted) break;
    ++length;
  }
  return length;
}

}  // namespace

// How far a page has got.
struct ExtentReader::Cursor {
  uint64_t stream_id;
  uint64_t position;  // In the stream.
  uint64_t room;
  std::vector<SharedBytes>& chunks;
  bool started = false;  // Has bytes; until then it must grow, and check its start.
  bool ended = false;    // Nothing more fits.

  // How many of a record's bytes are taken, the record beginning at `position`
  // of the stream. Errors: offset_invalid.
  Result<uint64_t> take(uint64_t record_position, uint64_t size,
                        std::span<const uint32_t> boundaries) {
    const uint64_t inside = position - record_position;
    if (!started && !is_boundary(inside, size, boundaries))
      return fail(Errc::offset_invalid);
    const uint64_t taken = bytes_to_take(inside, size, boundaries, room, !started);
    ended = inside + taken < size;
    started = started || taken > 0;
    position += taken;
    room -= std::min(room, taken);
    return taken;
  }
};

Result<uint64_t> ExtentReader::read(std::span<const Extent> extents, uint64_t stream_id,
                                    uint64_t from, uint64_t bytes_max,
                                    std::vector<SharedBytes>& chunks) const {
  Cursor cursor{stream_id, from, bytes_max, chunks};
  while (!extents.empty() && !cursor.ended) {
    const Extent& first = extents.front();
    const auto opened = files_.open(first.segment);
    if (!opened) return fail(opened.error());
    if (!*opened) return fail(Errc::moved);
    const OpenLogFile& file = **opened;
    const size_t length =
        is_long(first) ? 1 : run_length(extents, cursor.position, cursor.room);
    const auto done = is_long(first) ? read_long_record(first, file, cursor)
                                     : read_run(extents.first(length), file, cursor);
    if (!done) return fail(done.error());
    extents = extents.subspan(length);
  }
  return cursor.position;
}

Result<void> ExtentReader::read_run(std::span<const Extent> run,
                                    const OpenLogFile& file, Cursor& cursor) const {
  const uint64_t file_position = run.front().file_position;
  const size_t size = run.back().file_end() - file_position;
  const std::shared_ptr<char[]> buffer = make_buffer(size);
  const auto got = file.file->read_at(file_position, buffer.get(), size);
  if (!got) return fail(got.error());

  // Data moves to the front of the buffer, over the headers before it.
  const std::string_view image(buffer.get(), *got);
  size_t kept = 0;
  for (const Extent& extent : run) {
    const uint64_t begin =
        std::min<uint64_t>(extent.file_position - file_position, *got);
    std::string_view rest = image.substr(begin, extent.file_bytes);
    while (!rest.empty() && !cursor.ended) {
      const auto record = parse_head(rest);
      const uint64_t at =
          file_position + static_cast<uint64_t>(rest.data() - buffer.get());
      if (!record || record->size() > rest.size()) {
        return corruption(file, at, "no record where one was");
      }
      const auto taken = take_record(*record, rest, file, at, cursor);
      if (!taken) return fail(taken.error());
      if (!taken->empty()) {
        std::memmove(buffer.get() + kept, taken->data(), taken->size());
      }
      kept += taken->size();
      rest.remove_prefix(record->size());
    }
  }
  if (cursor.position < run.back().end() && !cursor.ended) {
    return corruption(file, file_position + *got, "the file ends too early");
  }
  if (kept > 0)
    cursor.chunks.emplace_back(buffer, std::string_view(buffer.get(), kept));
  return {};
}

// What of the record at the beginning of `bytes` goes into the page; nothing of
// one that the page is past.
Result<std::string_view> ExtentReader::take_record(const RecordView& record,
                                                   std::string_view bytes,
                                                   const OpenLogFile& file, uint64_t at,
                                                   Cursor& cursor) const {
  if (record.kind == RecordKind::batch) return std::string_view();
  if (record.position + record.data_bytes <= cursor.position) return std::string_view();
  if (!verifies(record, bytes, file.info->seed)) {
    return corruption(file, at, "the checksum does not match");
  }
  if (record.stream_id != cursor.stream_id || record.position > cursor.position) {
    return corruption(file, at, "another record where one was");
  }
  // Most records are one message and have no boundaries inside.
  const auto meta = record.has_boundaries() ? parse_meta(record) : RecordMeta();
  if (!meta) return corruption(file, at, "the record does not parse");
  const uint64_t inside = cursor.position - record.position;
  const auto taken = cursor.take(record.position, record.data_bytes, meta->boundaries);
  if (!taken) return fail(taken.error());
  return bytes.substr(record.head_bytes() + inside, *taken);
}

Result<void> ExtentReader::read_long_record(const Extent& extent,
                                            const OpenLogFile& file,
                                            Cursor& cursor) const {
  const size_t head_size = extent.file_bytes - extent.data_bytes;
  std::string head(head_size, '\0');
  auto got = file.file->read_at(extent.file_position, head.data(), head.size());
  if (!got) return fail(got.error());
  const auto record = parse_head({head.data(), *got});
  const auto meta = record && verifies(*record, head, file.info->seed)
                        ? parse_meta(*record)
                        : std::nullopt;
  if (!meta || record->size() != extent.file_bytes ||
      record->stream_id != cursor.stream_id || record->position != extent.position) {
    return corruption(file, extent.file_position, "the checksum does not match");
  }

  const uint64_t inside = cursor.position - record->position;
  const auto taken =
      cursor.take(record->position, record->data_bytes, meta->boundaries);
  if (!taken) return fail(taken.error());
  if (*taken == 0) return {};
  const uint64_t first_block = inside / block_bytes;
  const uint64_t begin = first_block * block_bytes;
  const uint64_t end =
      std::min<uint64_t>(record->data_bytes, (inside + *taken + block_bytes - 1) /
                                                 block_bytes * block_bytes);
  const std::shared_ptr<char[]> buffer = make_buffer(end - begin);
  const uint64_t data_position = extent.file_position + head_size;
  got = file.file->read_at(data_position + begin, buffer.get(), end - begin);
  if (!got) return fail(got.error());

  const std::string_view blocks(buffer.get(), *got);
  for (uint64_t at = begin; at < end; at += block_bytes) {
    const std::string_view block =
        blocks.substr(std::min<uint64_t>(at - begin, blocks.size()),
                      std::min<uint64_t>(block_bytes, end - at));
    if (!verify_block(*meta, at / block_bytes, block)) {
      return corruption(file, data_position + at, "a block's checksum does not match");
    }
  }
  cursor.chunks.emplace_back(buffer, blocks.substr(inside - begin, *taken));
  return {};
}

tl::unexpected<Error> ExtentReader::corruption(const OpenLogFile& file,
                                               uint64_t file_position,
                                               const char* what) const {
  return fail(Errc::corruption,
              fmt::format("{}, position {}: {}", file.info->path, file_position, what));
}

}  // namespace durable_streams::storage
