// One record of the log: the unit of atomicity (docs/storage-format.md).
//
//   crc:4 data_bytes:4 meta_bytes:4 kind:1 flags:1 zero:2
//   stream_id:8 position:8 at_ms:8  meta  data
//
// The checksum covers everything behind it and is seeded by the segment, so a
// record verifies only in the segment that it was written to. Data of more than
// one block has a checksum per block, in the meta, so that a page of a long
// message can be read by itself. Pure: no files here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/stream_state.h"
#include "storage/log_position.h"

namespace durable_streams::storage {

enum class RecordKind : uint8_t {
  create = 1,
  append = 2,
  remove = 3,
  expire = 4,
  renew = 5,   // Of many streams at once.
  trim = 6,    // The stream's earliest offset is now `position`; the tail too, if
               // that was before it: what lay between is no longer kept.
  gone = 7,    // In runs only: the stream ends behind the run (GoneHead).
  batch = 16,  // Opens a batch; one without records is a mark.
  // Reserved: 32–47 forks and subscriptions.
};

inline constexpr size_t record_header_bytes = 40;
inline constexpr size_t batch_record_bytes = record_header_bytes + 24;

// Data up to this size is covered by the record's own checksum; longer data is
// checksummed in blocks of this size.
inline constexpr size_t block_bytes = 64 * 1024;

// Data and meta of one record. Keeps every size in 32 bits.
inline constexpr uint64_t record_bytes_max = uint64_t{1} << 30;

// A record in memory. The views point into the bytes that it was parsed from.
struct RecordView {
  RecordKind kind = RecordKind::append;
  uint8_t flags = 0;
  uint64_t stream_id = 0;
  uint64_t position = 0;  // In the stream: where the data begins.
  int64_t at_ms = 0;      // Stream time.
  std::string_view meta;
  std::string_view data;  // Empty where only the head was parsed.
  uint32_t data_bytes = 0;
  uint32_t crc = 0;

  size_t head_bytes() const { return record_header_bytes + meta.size(); }
  size_t size() const { return head_bytes() + data_bytes; }
  bool has_blocks() const { return data_bytes > block_bytes; }
  bool has_boundaries() const;
};

// What a `batch` record says.
struct BatchHead {
  LogPosition self;
  LogPosition synced_through;   // Known durable when the batch was written.
  LogPosition continues;        // Where the log before this batch ends.
  int64_t at_ms = 0;            // Stream time of writing.
  uint64_t next_stream_id = 0;  // Ids below it are used.
  uint32_t bytes = 0;           // Of the records that follow.
  uint32_t records = 0;
};

// What a unit's record says besides its fixed fields and data.
struct RecordMeta {
  std::string_view path;          // create
  protocol::StreamConfig config;  // create
  uint64_t replaces = 0;          // create: the id of a stream that ends by it.
  bool closes = false;
  std::optional<protocol::ProducerTuple> producer;
  std::optional<protocol::ScopedSeq> stream_seq;
  std::vector<uint32_t> boundaries;
  std::string_view block_crcs;  // Four bytes each.
};

// Renewals of one record: (stream id, stream time).
using Renewals = std::vector<std::pair<uint64_t, int64_t>>;

// Stands for all that a range of the log says of a stream that has ended since:
// what follows of it can be ignored.
struct GoneHead {
  LogPosition ended_before;  // No record of the stream lies at or behind it.
  bool created = false;      // Its creation was in the range.
};

// What a unit does not know of its stream.
struct RecordSubject {
  std::string_view path;  // create
  uint64_t stream_id = 0;
  uint64_t position = 0;
  uint64_t replaces = 0;  // create, as in RecordMeta.
};

// Appends header and meta of a record for `unit`; the caller lets its data,
// unit.payload.bytes, follow. Returns how many bytes of the meta
// parse_state_meta() needs; all of those come first.
size_t append_unit_head(std::string& out, uint32_t seed, const protocol::Unit& unit,
                        const RecordSubject& subject);
// One stream's renewal, as runs have it: its id and stamp are in the header too.
void append_renewal(std::string& out, uint32_t seed, uint64_t stream_id, int64_t at_ms);
void append_gone(std::string& out, uint32_t seed, uint64_t stream_id,
                 const GoneHead& gone);
void append_renewals(std::string& out, uint32_t seed, const Renewals& renewals);
void append_trim(std::string& out, uint32_t seed, uint64_t stream_id,
                 uint64_t earliest);

// Writes a batch record into `at`, batch_record_bytes long.
void put_batch_head(char* at, uint32_t seed, const BatchHead& head);

// Computes the record's checksum anew, for another segment's seed. `record` is a
// whole, valid one.
void reseed_record(char* record, size_t size, uint32_t seed);

// Parses the fixed fields only; nullopt if `bytes` are too short for them or no
// record begins with them. The sizes are not verified: compare size() with what
// there is.
std::optional<RecordView> parse_header(std::string_view bytes);

// Header and meta; nullopt if `bytes` are too short for them. Not verified.
std::optional<RecordView> parse_head(std::string_view bytes);

// A whole record at the beginning of `bytes`, verified.
std::optional<RecordView> parse_record(std::string_view bytes, uint32_t seed);

// Whether `record`, parsed at the beginning of `bytes`, is what was written
// there. `bytes` hold all of it, or its head if it has blocks: those are
// verified one by one, verify_block().
bool verifies(const RecordView& record, std::string_view bytes, uint32_t seed);

// Of a creation; nullopt if the meta does not parse.
std::optional<std::string_view> parse_path(const RecordView& record);

// nullopt if the meta does not parse: not written by this version.
std::optional<RecordMeta> parse_meta(const RecordView& record);
// Without boundaries and checksums: what a stream's state is made of. `record`
// may be without that part of its meta.
std::optional<RecordMeta> parse_state_meta(const RecordView& record);
GoneHead gone_of(const RecordView& record);
std::optional<BatchHead> parse_batch(const RecordView& record);
std::optional<Renewals> parse_renewals(const RecordView& record);

// Whether block `index` of a record verifies; `block` is all of it.
bool verify_block(const RecordMeta& meta, size_t index, std::string_view block);

}  // namespace durable_streams::storage
