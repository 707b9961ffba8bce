// Writes one run, in steps that are synced, so that a commit's sync never waits
// for much of it.
//
// The file has the suffix `.new` until finish(), which makes it durable under
// its name; it may replace a run of the same range. Dropped before that, or after
// an error, it is removed.
//
// Threads: one.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "storage/extents.h"
#include "storage/run_format.h"
#include "storage/stream_fold.h"

namespace durable_streams::storage {

// Where a run has a stream's bytes.
struct RunStream {
  uint64_t stream_id = 0;
  uint64_t data_begin = 0;  // They take the place of what the stream had between
  uint64_t data_end = 0;    // these positions.
  uint32_t first_extent = 0;
  uint32_t extents = 0;
};

// What publishing a run needs to know. Streams without data are left out.
struct RunContents {
  std::vector<RunStream> streams;  // By id.
  std::vector<Extent> extents;     // Their file is to be filled in.

  std::span<Extent> extents_of(const RunStream& stream) {
    return std::span(extents).subspan(stream.first_extent, stream.extents);
  }
};

class RunWriter {
 public:
  // The whole record of a piece, verified; valid until the next call.
  using ReadPiece = std::function<Result<std::string_view>(const DataPiece& piece)>;

  // Told of bytes that were written and synced: it may wait, and end it all with
  // an error.
  using Pace = std::function<Result<void>(uint64_t bytes)>;

  // Bytes between two syncs.
  static constexpr uint64_t step_bytes = 2 * 1024 * 1024;

  // `directory` is where the run goes; `file_system` must outlive the object.
  // `sources_written_kib`: of the runs that it is made of.
  [[nodiscard]] static Result<std::unique_ptr<RunWriter>> create(
      FileSystem& file_system, std::string directory, const RunHeader& header,
      uint64_t sources_written_kib, Pace pace);
  ~RunWriter();
  RunWriter(const RunWriter&) = delete;
  RunWriter& operator=(const RunWriter&) = delete;

  // Ids ascend. Errors: those of `read` and of the disk; the object can only be
  // dropped then.
  [[nodiscard]] Result<void> add_stream(const StreamFold& fold,
                                        std::vector<FoldedRecord> records,
                                        const ReadPiece& read);

  // Writes the footer; the run is durable under its name then.
  [[nodiscard]] Result<void> finish();

  const RunHeader& header() const { return header_; }

  // Whether finish() came so far that the run may be there under its name, also if
  // it failed.
  bool may_be_there() const { return may_be_there_; }

  // After finish().
  RunContents& contents() { return contents_; }
  uint64_t file_bytes() const { return position_; }
  uint64_t record_bytes() const { return record_bytes_; }  // Of those with data.

 private:
  RunWriter(FileSystem& file_system, std::string directory, const RunHeader& header,
            uint64_t sources_written_kib, Pace pace);

  [[nodiscard]] Result<void> add_record(const StreamFold& fold, FoldedRecord& record,
                                        const ReadPiece& read);
  [[nodiscard]] Result<void> fill(FoldedRecord& record, const ReadPiece& read);
  void note_entry(const FoldedRecord& record, uint64_t stream_id, size_t state_bytes);
  [[nodiscard]] Result<void> write(std::string_view bytes);
  [[nodiscard]] Result<void> write_out();
  [[nodiscard]] Result<void> write_block();
  [[nodiscard]] Result<void> write_footer();

  FileSystem& file_system_;
  const std::string directory_;
  const std::string final_path_;
  const std::string path_;
  const RunHeader header_;
  const uint32_t seed_;
  const uint64_t sources_written_kib_;
  const Pace pace_;
  std::unique_ptr<WritableFile> file_;
  bool may_be_there_ = false;

  std::string buffer_;     // Not written yet.
  uint64_t position_ = 0;  // Where the next byte goes, behind the buffer.
  uint64_t unsynced_bytes_ = 0;
  std::string head_;  // Of the record at hand.

  RunBlockWriter block_;
  std::vector<RunBlock> blocks_;
  RunTrailer trailer_;
  RunContents contents_;
  uint64_t record_bytes_ = 0;
};

}  // namespace durable_streams::storage
