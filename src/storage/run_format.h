// What a run's file consists of besides records (docs/storage-format.md).
//
//   run     = header, zeros up to byte 4096, part*, table, trailer
//   part    = record*, block
//   header  = "dstrmrun" version:u32 first:u32 last:u32 log_kib:u32 begin:u64 end:u64
//             next_stream_id:u64 newest_ms:i64 salt:u64 crc:u32
//   block   = entry*: the heads of the part's records
//   table   = (first_stream_id:u64 position:u64 bytes:u32 entries:u32
//             records_position:u32 crc:u32) for each block
//   trailer = "dsrunend" table:u64 entries:u64 streams:u64 data_bytes:u64
//             blocks:u32 table_crc:u32 written_kib:u32 crc:u32
//
// Blocks, table and trailer are the run's footer, and the checkpoint of its range:
// all that the index needs to know, so that opening a directory reads no data of
// runs. (The blocks stand between the records, so that a writer need not keep
// them; nobody reads them as part of the data.) Every checksum but the header's is
// seeded by the header, so no piece of one run verifies in another.
// Pure: no files here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/record.h"

namespace durable_streams::storage {

// Records begin here.
inline constexpr uint32_t run_header_bytes = 4096;
inline constexpr size_t run_trailer_bytes = 56;
inline constexpr size_t run_table_row_bytes = 32;

// A block is closed once it has this many bytes.
inline constexpr size_t run_block_bytes = 64 * 1024;

// Records of a run end before this, so that their positions have 32 bits.
inline constexpr uint64_t run_records_end_max = uint64_t{4} << 30;

// The log's segments `first` to `last`, inclusive: what a run stands for.
struct SegmentRange {
  uint32_t first = 0;
  uint32_t last = 0;

  bool holds(const SegmentRange& other) const {
    return first <= other.first && other.last <= last;
  }
  friend bool operator==(const SegmentRange&, const SegmentRange&) = default;
};

// "0000000003-0000000017.run"
std::string run_name(const SegmentRange& range);
std::optional<SegmentRange> parse_run_name(std::string_view name);

struct RunHeader {
  SegmentRange range;
  LogPosition begin;  // Where the log begins that the run stands for,
  LogPosition end;    // and where it goes on: the next segment's `continues`.
  uint64_t next_stream_id = 1;
  int64_t newest_ms = 0;  // Stream time of the newest batch.
  uint64_t salt = 0;

  // How much log the run stands for: what the segments of its range held. See
  // `written_kib`.
  uint32_t log_kib = 0;

  uint32_t seed() const;  // Of the run's checksums.
};

struct RunTrailer {
  uint64_t table_position = 0;
  uint64_t entries = 0;
  uint64_t streams = 0;
  uint64_t data_bytes = 0;
  uint32_t blocks = 0;
  uint32_t table_crc = 0;

  // What was written to runs, this one included, to get from those segments here: it
  // and the runs it was made of, and so on. Both are in KiB, rounded up, and no more
  // than they can hold; 0 in runs of earlier versions. For people: nothing rests on
  // them.
  uint32_t written_kib = 0;
};

struct RunBlock {
  uint64_t first_stream_id = 0;
  uint64_t position = 0;  // In the file.
  uint32_t bytes = 0;
  uint32_t entries = 0;
  uint32_t records_position = 0;  // Of the first entry's record, in the file.
  uint32_t crc = 0;
};

// A record's head as the footer has it: without boundaries and checksums.
struct RunEntry {
  RecordView record;
  uint32_t file_position = 0;
  uint32_t bytes = 0;  // Of the record in the file.
};

// In KiB, rounded up; the most that there is room for if it is more.
uint32_t kib_of(uint64_t bytes);

// Each is nullopt if it does not verify; `bytes` are those of its kind, whole.
std::string encode_run_header(const RunHeader& header);
std::optional<RunHeader> decode_run_header(std::string_view bytes);
// What stands there, verified or not: for tools. `bytes` are run_header_bytes.
RunHeader peek_run_header(std::string_view bytes);
std::string encode_run_trailer(const RunTrailer& trailer, uint32_t seed);
std::optional<RunTrailer> decode_run_trailer(std::string_view bytes, uint32_t seed);
std::string encode_run_table(const std::vector<RunBlock>& blocks);
std::vector<RunBlock> decode_run_table(std::string_view bytes);

// Writes entries, block by block.
class RunBlockWriter {
 public:
  // Follows the one before it, in the file too. `entry.record.meta`: what
  // append_unit_head() says is the state's.
  void add(const RunEntry& entry);

  bool is_full() const { return bytes_.size() >= run_block_bytes; }
  bool empty() const { return block_.entries == 0; }

  // Ends the block, which is to be written at `position`; the writer is empty.
  std::string finish(uint64_t position, uint32_t seed, RunBlock& block);

 private:
  std::string bytes_;
  RunBlock block_;
  uint64_t last_stream_id_ = 0;
};

// The entries of a block, in order.
class RunBlockReader {
 public:
  // `bytes` are the block's and must outlive the reader and its entries.
  // verifies() is to be asked first.
  RunBlockReader(std::string_view bytes, const RunBlock& block);

  static bool verifies(std::string_view bytes, const RunBlock& block, uint32_t seed);

  // nullopt at the end.
  std::optional<RunEntry> next();

 private:
  std::string_view rest_;
  uint32_t entries_left_;
  uint64_t stream_id_;
  uint32_t file_position_;
};

}  // namespace durable_streams::storage
