#include "storage/record.h"

#include <algorithm>

#include "base/assert.h"
#include "base/crc32c.h"
#include "storage/wire.h"

namespace durable_streams::storage {
namespace {

using protocol::Unit;

// Which optional parts the meta has, in this order.
enum Flag : uint8_t {
  flag_closes = 1,
  flag_producer = 2,
  flag_stream_seq = 4,
  flag_boundaries = 8,
  flag_ttl = 16,
  flag_expires_at = 32,
  flag_created = 64,   // gone
  flag_replaces = 64,  // create
};

namespace at {  // Positions of the fixed fields.
constexpr size_t crc = 0;
constexpr size_t data_bytes = 4;
constexpr size_t meta_bytes = 8;
constexpr size_t kind = 12;
constexpr size_t flags = 13;
constexpr size_t zero = 14;
constexpr size_t stream_id = 16;
constexpr size_t position = 24;
constexpr size_t at_ms = 32;
static_assert(at_ms + 8 == record_header_bytes);
}  // namespace at

bool is_known(uint8_t kind) {
  return (kind >= 1 && kind <= 7) || kind == static_cast<uint8_t>(RecordKind::batch);
}

// Of a record in one piece or of its head; `size` bytes at `record`.
uint32_t checksum(const char* record, size_t size, uint32_t seed) {
  constexpr size_t covered = at::crc + sizeof(uint32_t);
  return crc32c({record + covered, size - covered}, seed);
}

void put_header(char* header, RecordKind kind, uint8_t flags, uint64_t stream_id,
                uint64_t position, int64_t at_ms, size_t meta_bytes,
                size_t data_bytes) {
  DS_ASSERT(meta_bytes < record_bytes_max && data_bytes < record_bytes_max);
  wire::put_fixed(header + at::data_bytes, static_cast<uint32_t>(data_bytes));
  wire::put_fixed(header + at::meta_bytes, static_cast<uint32_t>(meta_bytes));
  header[at::kind] = static_cast<char>(kind);
  header[at::flags] = static_cast<char>(flags);
  wire::put_fixed(header + at::zero, uint16_t{0});
  wire::put_fixed(header + at::stream_id, stream_id);
  wire::put_fixed(header + at::position, position);
  wire::put_fixed(header + at::at_ms, at_ms);
}

// Returns the flags.
uint8_t append_state_meta(std::string& out, const Unit& unit,
                          const RecordSubject& subject) {
  uint8_t flags = unit.closes ? flag_closes : 0;
  if (unit.kind == Unit::Kind::create) {
    wire::append_text(out, subject.path);
    wire::append_text(out, unit.config->content_type);
    if (unit.config->ttl_seconds) {
      flags |= flag_ttl;
      wire::append_varint(out, *unit.config->ttl_seconds);
    }
    if (unit.config->expires_at_ms) {
      flags |= flag_expires_at;
      wire::append_varint(out, static_cast<uint64_t>(*unit.config->expires_at_ms));
    }
    if (subject.replaces != 0) {
      flags |= flag_replaces;
      wire::append_varint(out, subject.replaces);
    }
  }
  if (unit.producer) {
    flags |= flag_producer;
    wire::append_text(out, unit.producer->id);
    wire::append_varint(out, unit.producer->epoch);
    wire::append_varint(out, unit.producer->seq);
  }
  if (unit.stream_seq) {
    flags |= flag_stream_seq;
    wire::append_text(out, unit.stream_seq->scope);
    wire::append_text(out, unit.stream_seq->value);
  }
  return flags;
}

void append_boundaries(std::string& out, const std::vector<uint32_t>& boundaries) {
  wire::append_varint(out, boundaries.size());
  uint32_t before = 0;
  for (const uint32_t boundary : boundaries) {
    wire::append_varint(out, boundary - before);
    before = boundary;
  }
}

void append_renewals_meta(std::string& out, const Renewals& renewals) {
  wire::append_varint(out, renewals.size());
  for (const auto& [stream_id, at_ms] : renewals) {
    wire::append_varint(out, stream_id);
    wire::append_varint(out, static_cast<uint64_t>(at_ms));
  }
}

// The fixed fields of a record without data.
struct Fields {
  RecordKind kind;
  uint8_t flags = 0;
  uint64_t stream_id = 0;
  uint64_t position = 0;
  int64_t at_ms = 0;
};

// For a record without data, whose meta stands in `out` already.
void finish_record(std::string& out, size_t start, uint32_t seed,
                   const Fields& fields) {
  const size_t size = out.size() - start;
  char* const header = out.data() + start;
  put_header(header, fields.kind, fields.flags, fields.stream_id, fields.position,
             fields.at_ms, size - record_header_bytes, 0);
  wire::put_fixed(header + at::crc, checksum(header, size, seed));
}

void append_block_crcs(std::string& out, std::string_view data) {
  for (; !data.empty(); data.remove_prefix(std::min(block_bytes, data.size()))) {
    char crc[sizeof(uint32_t)];
    wire::put_fixed(crc, crc32c(data.substr(0, block_bytes)));
    out.append(crc, sizeof crc);
  }
}

std::vector<uint32_t> read_boundaries(wire::Reader& reader) {
  const uint64_t count = reader.varint();
  std::vector<uint32_t> boundaries;
  if (count > reader.left()) return boundaries;  // Caught by at_end().
  boundaries.reserve(count);
  uint64_t boundary = 0;
  for (uint64_t i = 0; i < count; ++i) {
    boundary += reader.varint();
    boundaries.push_back(static_cast<uint32_t>(boundary));
  }
  return boundaries;
}

RecordMeta read_state_meta(wire::Reader& reader, const RecordView& record) {
  RecordMeta meta;
  meta.closes = (record.flags & flag_closes) != 0;
  if (record.kind == RecordKind::create) {
    meta.path = reader.text();
    meta.config.content_type = reader.text();
    if (record.flags & flag_ttl) meta.config.ttl_seconds = reader.varint();
    if (record.flags & flag_expires_at) {
      meta.config.expires_at_ms = static_cast<int64_t>(reader.varint());
    }
    if (record.flags & flag_replaces) meta.replaces = reader.varint();
  }
  if (record.flags & flag_producer) {
    protocol::ProducerTuple producer;
    producer.id = reader.text();
    producer.epoch = reader.varint();
    producer.seq = reader.varint();
    meta.producer = std::move(producer);
  }
  if (record.flags & flag_stream_seq) {
    protocol::ScopedSeq seq;
    seq.scope = reader.text();
    seq.value = reader.text();
    meta.stream_seq = std::move(seq);
  }
  return meta;
}

}  // namespace

bool RecordView::has_boundaries() const {
  return (flags & flag_boundaries) != 0;
}

size_t append_unit_head(std::string& out, uint32_t seed, const Unit& unit,
                        const RecordSubject& subject) {
  const size_t start = out.size();
  out.resize(start + record_header_bytes);
  uint8_t flags = append_state_meta(out, unit, subject);
  const size_t state_bytes = out.size() - start - record_header_bytes;
  if (!unit.payload.boundaries.empty()) {
    flags |= flag_boundaries;
    append_boundaries(out, unit.payload.boundaries);
  }
  const std::string_view data = unit.payload.bytes;
  const bool has_blocks = data.size() > block_bytes;
  if (has_blocks) append_block_crcs(out, data);

  const size_t head_bytes = out.size() - start;
  char* const header = out.data() + start;
  put_header(header, static_cast<RecordKind>(unit.kind), flags, subject.stream_id,
             subject.position, unit.at_ms, head_bytes - record_header_bytes,
             data.size());
  uint32_t crc = checksum(header, head_bytes, seed);
  if (!has_blocks) crc = crc32c(data, crc);
  wire::put_fixed(header + at::crc, crc);
  return state_bytes;
}

void append_renewal(std::string& out, uint32_t seed, uint64_t stream_id,
                    int64_t at_ms) {
  const size_t start = out.size();
  out.resize(start + record_header_bytes);
  append_renewals_meta(out, {{stream_id, at_ms}});
  finish_record(out, start, seed,
                {.kind = RecordKind::renew, .stream_id = stream_id, .at_ms = at_ms});
}

void append_gone(std::string& out, uint32_t seed, uint64_t stream_id,
                 const GoneHead& gone) {
  const size_t start = out.size();
  out.resize(start + record_header_bytes);
  finish_record(out, start, seed,
                {.kind = RecordKind::gone,
                 .flags = static_cast<uint8_t>(gone.created ? flag_created : 0),
                 .stream_id = stream_id,
                 .position = gone.ended_before.packed()});
}

void append_renewals(std::string& out, uint32_t seed, const Renewals& renewals) {
  const size_t start = out.size();
  out.resize(start + record_header_bytes);
  append_renewals_meta(out, renewals);
  finish_record(out, start, seed, {.kind = RecordKind::renew});
}

void append_trim(std::string& out, uint32_t seed, uint64_t stream_id,
                 uint64_t earliest) {
  const size_t start = out.size();
  out.resize(start + record_header_bytes);
  finish_record(
      out, start, seed,
      {.kind = RecordKind::trim, .stream_id = stream_id, .position = earliest});
}

void put_batch_head(char* at, uint32_t seed, const BatchHead& head) {
  put_header(at, RecordKind::batch, 0, head.self.packed(), head.synced_through.packed(),
             head.at_ms, batch_record_bytes - record_header_bytes, 0);
  char* const meta = at + record_header_bytes;
  wire::put_fixed(meta, head.continues.packed());
  wire::put_fixed(meta + 8, head.next_stream_id);
  wire::put_fixed(meta + 16, head.bytes);
  wire::put_fixed(meta + 20, head.records);
  wire::put_fixed(at + at::crc, checksum(at, batch_record_bytes, seed));
}

void reseed_record(char* record, size_t size, uint32_t seed) {
  const auto view = parse_header({record, size});
  DS_ASSERT(view.has_value());
  const size_t covered = view->has_blocks() ? size - view->data_bytes : size;
  wire::put_fixed(record + at::crc, checksum(record, covered, seed));
}

std::optional<RecordView> parse_header(std::string_view bytes) {
  if (bytes.size() < record_header_bytes) return std::nullopt;
  const char* const header = bytes.data();
  const auto kind = static_cast<uint8_t>(header[at::kind]);
  const auto meta_bytes = wire::get_fixed<uint32_t>(header + at::meta_bytes);
  RecordView record;
  record.data_bytes = wire::get_fixed<uint32_t>(header + at::data_bytes);
  if (!is_known(kind) || wire::get_fixed<uint16_t>(header + at::zero) != 0 ||
      meta_bytes >= record_bytes_max || record.data_bytes >= record_bytes_max) {
    return std::nullopt;
  }
  record.kind = static_cast<RecordKind>(kind);
  record.flags = static_cast<uint8_t>(header[at::flags]);
  record.stream_id = wire::get_fixed<uint64_t>(header + at::stream_id);
  record.position = wire::get_fixed<uint64_t>(header + at::position);
  record.at_ms = wire::get_fixed<int64_t>(header + at::at_ms);
  record.crc = wire::get_fixed<uint32_t>(header + at::crc);
  // Not there yet, perhaps: only its size is used before the sizes are compared.
  record.meta = std::string_view(header + record_header_bytes, meta_bytes);
  return record;
}

std::optional<RecordView> parse_head(std::string_view bytes) {
  auto record = parse_header(bytes);
  if (!record || record->head_bytes() > bytes.size()) return std::nullopt;
  return record;
}

bool verifies(const RecordView& record, std::string_view bytes, uint32_t seed) {
  const size_t covered = record.has_blocks() ? record.head_bytes() : record.size();
  return checksum(bytes.data(), covered, seed) == record.crc;
}

std::optional<RecordView> parse_record(std::string_view bytes, uint32_t seed) {
  auto record = parse_head(bytes);
  if (!record || record->size() > bytes.size()) return std::nullopt;
  record->data = bytes.substr(record->head_bytes(), record->data_bytes);
  if (!verifies(*record, bytes, seed)) return std::nullopt;
  if (record->has_blocks()) {
    const auto meta = parse_meta(*record);
    if (!meta) return std::nullopt;
    size_t index = 0;
    for (std::string_view rest = record->data; !rest.empty(); ++index) {
      const std::string_view block = rest.substr(0, block_bytes);
      if (!verify_block(*meta, index, block)) return std::nullopt;
      rest.remove_prefix(block.size());
    }
  }
  return record;
}

std::optional<RecordMeta> parse_meta(const RecordView& record) {
  wire::Reader reader(record.meta);
  RecordMeta meta = read_state_meta(reader, record);
  if (record.flags & flag_boundaries) meta.boundaries = read_boundaries(reader);
  if (record.has_blocks()) {
    const size_t blocks = (record.data_bytes + block_bytes - 1) / block_bytes;
    meta.block_crcs = reader.bytes(blocks * sizeof(uint32_t));
  }
  if (!reader.at_end()) return std::nullopt;
  return meta;
}

std::optional<std::string_view> parse_path(const RecordView& record) {
  wire::Reader reader(record.meta);
  const std::string_view path = reader.text();
  if (!reader.ok()) return std::nullopt;
  return path;
}

std::optional<RecordMeta> parse_state_meta(const RecordView& record) {
  wire::Reader reader(record.meta);
  RecordMeta meta = read_state_meta(reader, record);
  if (!reader.ok()) return std::nullopt;
  return meta;
}

GoneHead gone_of(const RecordView& record) {
  return {LogPosition::unpack(record.position), (record.flags & flag_created) != 0};
}

std::optional<BatchHead> parse_batch(const RecordView& record) {
  if (record.kind != RecordKind::batch || record.data_bytes != 0 ||
      record.meta.size() != batch_record_bytes - record_header_bytes) {
    return std::nullopt;
  }
  BatchHead head;
  head.self = LogPosition::unpack(record.stream_id);
  head.synced_through = LogPosition::unpack(record.position);
  head.at_ms = record.at_ms;
  const char* const meta = record.meta.data();
  head.continues = LogPosition::unpack(wire::get_fixed<uint64_t>(meta));
  head.next_stream_id = wire::get_fixed<uint64_t>(meta + 8);
  head.bytes = wire::get_fixed<uint32_t>(meta + 16);
  head.records = wire::get_fixed<uint32_t>(meta + 20);
  return head;
}

std::optional<Renewals> parse_renewals(const RecordView& record) {
  wire::Reader reader(record.meta);
  const uint64_t count = reader.varint();
  if (count > reader.left()) return std::nullopt;
  Renewals renewals;
  renewals.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t stream_id = reader.varint();
    renewals.emplace_back(stream_id, static_cast<int64_t>(reader.varint()));
  }
  if (!reader.at_end()) return std::nullopt;
  return renewals;
}

bool verify_block(const RecordMeta& meta, size_t index, std::string_view block) {
  const size_t position = index * sizeof(uint32_t);
  if (position + sizeof(uint32_t) > meta.block_crcs.size()) return false;
  return crc32c(block) == wire::get_fixed<uint32_t>(meta.block_crcs.data() + position);
}

}  // namespace durable_streams::storage
