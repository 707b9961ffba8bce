// Reads a stream's bytes out of segments and runs: reads ranges of files, verifies
// each record that gives bytes, and strips what is not data.
//
// Every read verifies: a checksum costs a tenth of the copy out of the page
// cache. Of a record with blocks (record.h) only the blocks that are read.
//
// Threads: any; holds no lock over I/O.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/shared_bytes.h"
#include "storage/extents.h"
#include "storage/log_files.h"

namespace durable_streams::storage {

class ExtentReader {
 public:
  // `files` must outlive the reader.
  explicit ExtentReader(LogFiles& files) : files_(files) {}

  // A page of the stream `stream_id` that begins at `from`, out of `extents`,
  // the first of which holds `from`. Appends to `chunks`; returns where the page
  // ends, as page_rules.h has it.
  //
  // Errors: Errc::offset_invalid (`from` is inside a message), Errc::corruption,
  // Errc::moved (a file of the extents was retired: they are out of date),
  // system codes.
  [[nodiscard]] Result<uint64_t> read(std::span<const Extent> extents,
                                      uint64_t stream_id, uint64_t from,
                                      uint64_t bytes_max,
                                      std::vector<SharedBytes>& chunks) const;

 private:
  struct Cursor;

  [[nodiscard]] Result<void> read_run(std::span<const Extent> run,
                                      const OpenLogFile& file, Cursor& cursor) const;
  [[nodiscard]] Result<std::string_view> take_record(const RecordView& record,
                                                     std::string_view bytes,
                                                     const OpenLogFile& file,
                                                     uint64_t at, Cursor& cursor) const;
  [[nodiscard]] Result<void> read_long_record(const Extent& extent,
                                              const OpenLogFile& file,
                                              Cursor& cursor) const;
  tl::unexpected<Error> corruption(const OpenLogFile& file, uint64_t file_position,
                                   const char* what) const;

  LogFiles& files_;
};

}  // namespace durable_streams::storage
