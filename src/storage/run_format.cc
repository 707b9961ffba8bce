#include "storage/run_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/assert.h"
#include "base/crc32c.h"
#include "storage/wire.h"

namespace durable_streams::storage {
namespace {

constexpr std::string_view header_magic = "dstrmrun";
constexpr std::string_view trailer_magic = "dsrunend";
constexpr std::string_view suffix = ".run";
constexpr uint32_t run_version = 1;
constexpr size_t header_bytes = 68;  // With its checksum.
constexpr size_t crc_bytes = sizeof(uint32_t);

template <class Number>
void append_fixed(std::string& out, Number value) {
  char bytes[sizeof value];
  wire::put_fixed(bytes, value);
  out.append(bytes, sizeof bytes);
}

// Takes numbers off the front of bytes that are known to be enough.
class FixedReader {
 public:
  explicit FixedReader(std::string_view bytes) : at_(bytes.data()) {}
  template <class Number>
  Number take() {
    const auto value = wire::get_fixed<Number>(at_);
    at_ += sizeof(Number);
    return value;
  }

 private:
  const char* at_;
};

// Whether `bytes` begin with `magic` and end with their checksum.
bool is_whole(std::string_view bytes, size_t size, std::string_view magic,
              uint32_t seed) {
  return bytes.size() >= size && bytes.starts_with(magic) &&
         wire::get_fixed<uint32_t>(bytes.data() + size - crc_bytes) ==
             crc32c(bytes.substr(0, size - crc_bytes), seed);
}

bool parse_number(std::string_view digits, uint32_t& number) {
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

}  // namespace

std::string run_name(const SegmentRange& range) {
  return fmt::format("{:010}-{:010}{}", range.first, range.last, suffix);
}

std::optional<SegmentRange> parse_run_name(std::string_view name) {
  const size_t dash = name.find('-');
  if (dash == std::string_view::npos || !name.ends_with(suffix)) return std::nullopt;
  SegmentRange range;
  if (!parse_number(name.substr(0, dash), range.first) ||
      !parse_number(name.substr(dash + 1, name.size() - suffix.size() - dash - 1),
                    range.last) ||
      run_name(range) != name) {
    return std::nullopt;
  }
  return range;
}

uint32_t RunHeader::seed() const {
  char bytes[16];
  wire::put_fixed(bytes, range.first);
  wire::put_fixed(bytes + 4, range.last);
  wire::put_fixed(bytes + 8, salt);
  return crc32c({bytes, sizeof bytes});
}

uint32_t kib_of(uint64_t bytes) {
  return static_cast<uint32_t>(std::min<uint64_t>((bytes + 1023) / 1024, UINT32_MAX));
}

std::string encode_run_header(const RunHeader& header) {
  std::string out(header_magic);
  append_fixed(out, run_version);
  append_fixed(out, header.range.first);
  append_fixed(out, header.range.last);
  append_fixed(out, header.log_kib);
  append_fixed(out, header.begin.packed());
  append_fixed(out, header.end.packed());
  append_fixed(out, header.next_stream_id);
  append_fixed(out, header.newest_ms);
  append_fixed(out, header.salt);
  append_fixed(out, crc32c(out));
  DS_ASSERT(out.size() == header_bytes);
  out.resize(run_header_bytes);
  return out;
}

std::optional<RunHeader> decode_run_header(std::string_view bytes) {
  if (!is_whole(bytes, header_bytes, header_magic, 0)) return std::nullopt;
  FixedReader version(bytes.substr(header_magic.size()));
  if (version.take<uint32_t>() != run_version) return std::nullopt;
  return peek_run_header(bytes);
}

RunHeader peek_run_header(std::string_view bytes) {
  FixedReader reader(bytes.substr(header_magic.size()));
  RunHeader header;
  reader.take<uint32_t>();
  header.range.first = reader.take<uint32_t>();
  header.range.last = reader.take<uint32_t>();
  header.log_kib = reader.take<uint32_t>();
  header.begin = LogPosition::unpack(reader.take<uint64_t>());
  header.end = LogPosition::unpack(reader.take<uint64_t>());
  header.next_stream_id = reader.take<uint64_t>();
  header.newest_ms = reader.take<int64_t>();
  header.salt = reader.take<uint64_t>();
  return header;
}

std::string encode_run_trailer(const RunTrailer& trailer, uint32_t seed) {
  std::string out(trailer_magic);
  append_fixed(out, trailer.table_position);
  append_fixed(out, trailer.entries);
  append_fixed(out, trailer.streams);
  append_fixed(out, trailer.data_bytes);
  append_fixed(out, trailer.blocks);
  append_fixed(out, trailer.table_crc);
  append_fixed(out, trailer.written_kib);
  append_fixed(out, crc32c(out, seed));
  DS_ASSERT(out.size() == run_trailer_bytes);
  return out;
}

std::optional<RunTrailer> decode_run_trailer(std::string_view bytes, uint32_t seed) {
  if (!is_whole(bytes, run_trailer_bytes, trailer_magic, seed)) return std::nullopt;
  FixedReader reader(bytes.substr(trailer_magic.size()));
  RunTrailer trailer;
  trailer.table_position = reader.take<uint64_t>();
  trailer.entries = reader.take<uint64_t>();
  trailer.streams = reader.take<uint64_t>();
  trailer.data_bytes = reader.take<uint64_t>();
  trailer.blocks = reader.take<uint32_t>();
  trailer.table_crc = reader.take<uint32_t>();
  trailer.written_kib = reader.take<uint32_t>();
  return trailer;
}

std::string encode_run_table(const std::vector<RunBlock>& blocks) {
  std::string out;
  for (const RunBlock& block : blocks) {
    append_fixed(out, block.first_stream_id);
    append_fixed(out, block.position);
    append_fixed(out, block.bytes);
    append_fixed(out, block.entries);
    append_fixed(out, block.records_position);
    append_fixed(out, block.crc);
  }
  return out;
}

std::vector<RunBlock> decode_run_table(std::string_view bytes) {
  std::vector<RunBlock> blocks(bytes.size() / run_table_row_bytes);
  FixedReader reader(bytes);
  for (RunBlock& block : blocks) {
    block.first_stream_id = reader.take<uint64_t>();
    block.position = reader.take<uint64_t>();
    block.bytes = reader.take<uint32_t>();
    block.entries = reader.take<uint32_t>();
    block.records_position = reader.take<uint32_t>();
    block.crc = reader.take<uint32_t>();
  }
  return blocks;
}

// entry = kind:u8 flags:u8, then as varints: stream id less the one before,
// position, at_ms, bytes of the head, bytes of the data; meta:text.
void RunBlockWriter::add(const RunEntry& entry) {
  const RecordView& record = entry.record;
  if (empty()) {
    block_.first_stream_id = last_stream_id_ = record.stream_id;
    block_.records_position = entry.file_position;
  }
  DS_ASSERT(record.stream_id >= last_stream_id_);
  bytes_ += static_cast<char>(record.kind);
  bytes_ += static_cast<char>(record.flags);
  wire::append_varint(bytes_, record.stream_id - last_stream_id_);
  wire::append_varint(bytes_, record.position);
  wire::append_varint(bytes_, static_cast<uint64_t>(record.at_ms));
  wire::append_varint(bytes_, entry.bytes - record.data_bytes);
  wire::append_varint(bytes_, record.data_bytes);
  wire::append_text(bytes_, record.meta);
  last_stream_id_ = record.stream_id;
  ++block_.entries;
}

std::string RunBlockWriter::finish(uint64_t position, uint32_t seed, RunBlock& block) {
  block_.position = position;
  block_.bytes = static_cast<uint32_t>(bytes_.size());
  block_.crc = crc32c(bytes_, seed);
  block = std::exchange(block_, {});
  return std::exchange(bytes_, {});
}

RunBlockReader::RunBlockReader(std::string_view bytes, const RunBlock& block)
    : rest_(bytes),
      entries_left_(block.entries),
      stream_id_(block.first_stream_id),
      file_position_(block.records_position) {}

bool RunBlockReader::verifies(std::string_view bytes, const RunBlock& block,
                              uint32_t seed) {
  return bytes.size() == block.bytes && crc32c(bytes, seed) == block.crc;
}

std::optional<RunEntry> RunBlockReader::next() {
  if (entries_left_ == 0) return std::nullopt;
  --entries_left_;
  wire::Reader reader(rest_);
  const std::string_view kinds = reader.bytes(2);
  RunEntry entry;
  RecordView& record = entry.record;
  stream_id_ += reader.varint();
  record.stream_id = stream_id_;
  record.position = reader.varint();
  record.at_ms = static_cast<int64_t>(reader.varint());
  const uint64_t head_bytes = reader.varint();
  record.data_bytes = static_cast<uint32_t>(reader.varint());
  record.meta = reader.text();
  if (!reader.ok()) {
    entries_left_ = 0;
    return std::nullopt;
  }
  record.kind = static_cast<RecordKind>(kinds[0]);
  record.flags = static_cast<uint8_t>(kinds[1]);
  entry.file_position = file_position_;
  entry.bytes = static_cast<uint32_t>(head_bytes) + record.data_bytes;
  file_position_ += entry.bytes;
  rest_.remove_prefix(rest_.size() - reader.left());
  return entry;
}

}  // namespace durable_streams::storage
