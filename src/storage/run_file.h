// Opens the runs of one directory and reads their footers.
//
// Threads: distinct objects are independent; a RunFile's methods may run at the
// same time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "storage/run_format.h"

namespace durable_streams::storage {

class RunFile {
 public:
  // Verifies header, trailer and table.
  //
  // Errors: Errc::corruption, which names file and position; system codes.
  [[nodiscard]] static Result<RunFile> open(FileSystem& file_system,
                                            const std::string& path,
                                            const SegmentRange& range);

  const std::string& path() const { return path_; }
  const RunHeader& header() const { return header_; }
  const RunTrailer& trailer() const { return trailer_; }
  uint32_t seed() const { return seed_; }
  uint64_t file_bytes() const { return file_bytes_; }
  const std::vector<RunBlock>& blocks() const { return blocks_; }
  const ReadableFile& file() const { return *file_; }

  // A block's bytes, verified. Errors: as open().
  [[nodiscard]] Result<std::string> read_block(size_t index) const;

  // Calls `sink` for the entries of all blocks, in order; what it is given is
  // valid during the call. A false return: the entry makes no sense there.
  // Errors: as open().
  using EntrySink = std::function<bool(const RunEntry& entry)>;
  [[nodiscard]] Result<void> for_each_entry(const EntrySink& sink) const;

  tl::unexpected<Error> damage(uint64_t position, const char* what) const;

 private:
  RunFile() = default;

  [[nodiscard]] Result<void> read_header(const SegmentRange& range);
  [[nodiscard]] Result<void> read_footer();
  [[nodiscard]] Result<std::string> read(uint64_t position, size_t size) const;

  std::string path_;
  std::unique_ptr<ReadableFile> file_;
  uint64_t file_bytes_ = 0;
  RunHeader header_;
  RunTrailer trailer_;
  uint32_t seed_ = 0;
  std::vector<RunBlock> blocks_;
};

}  // namespace durable_streams::storage
