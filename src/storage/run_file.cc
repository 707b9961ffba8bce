#include "storage/run_file.h"

#include <fmt/format.h>

#include <utility>

#include "base/crc32c.h"
#include "storage/errc.h"

namespace durable_streams::storage {

Result<RunFile> RunFile::open(FileSystem& file_system, const std::string& path,
                              const SegmentRange& range) {
  auto file = file_system.open_readable(path);
  if (!file) return fail(std::move(file.error()));
  const auto size = (*file)->size();
  if (!size) return fail(size.error());
  RunFile run;
  run.path_ = path;
  run.file_ = std::move(*file);
  run.file_bytes_ = *size;
  if (auto done = run.read_header(range); !done) return fail(std::move(done.error()));
  if (auto done = run.read_footer(); !done) return fail(std::move(done.error()));
  return run;
}

Result<void> RunFile::read_header(const SegmentRange& range) {
  const auto bytes = read(0, run_header_bytes);
  if (!bytes) return fail(bytes.error());
  const auto header = decode_run_header(*bytes);
  if (!header) return damage(0, "the header does not verify");
  if (header->range != range) return damage(0, "the header has another range");
  header_ = *header;
  seed_ = header_.seed();
  return {};
}

Result<void> RunFile::read_footer() {
  if (file_bytes_ < run_header_bytes + run_trailer_bytes) {
    return damage(file_bytes_, "the file ends too early");
  }
  const uint64_t trailer_position = file_bytes_ - run_trailer_bytes;
  auto bytes = read(trailer_position, run_trailer_bytes);
  if (!bytes) return fail(std::move(bytes.error()));
  const auto trailer = decode_run_trailer(*bytes, seed_);
  if (!trailer) return damage(trailer_position, "the trailer does not verify");
  const uint64_t table_bytes = uint64_t{trailer->blocks} * run_table_row_bytes;
  if (trailer->table_position + table_bytes != trailer_position) {
    return damage(trailer_position, "the trailer makes no sense");
  }
  bytes = read(trailer->table_position, table_bytes);
  if (!bytes) return fail(std::move(bytes.error()));
  if (bytes->size() != table_bytes || crc32c(*bytes, seed_) != trailer->table_crc) {
    return damage(trailer->table_position, "the footer's table does not verify");
  }
  trailer_ = *trailer;
  blocks_ = decode_run_table(*bytes);
  return {};
}

Result<std::string> RunFile::read(uint64_t position, size_t size) const {
  std::string bytes(size, '\0');
  const auto got = file_->read_at(position, bytes.data(), size);
  if (!got) return fail(got.error());
  bytes.resize(*got);
  return bytes;
}

Result<std::string> RunFile::read_block(size_t index) const {
  const RunBlock& block = blocks_[index];
  auto bytes = read(block.position, block.bytes);
  if (bytes && !RunBlockReader::verifies(*bytes, block, seed_)) {
    return damage(block.position, "a block of the footer does not verify");
  }
  return bytes;
}

Result<void> RunFile::for_each_entry(const EntrySink& sink) const {
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const auto bytes = read_block(i);
    if (!bytes) return fail(bytes.error());
    RunBlockReader reader(*bytes, blocks_[i]);
    uint32_t entries = 0;
    for (; const auto entry = reader.next(); ++entries) {
      if (!sink(*entry))
        return damage(entry->file_position, "the record makes no sense");
    }
    if (entries != blocks_[i].entries) {
      return damage(blocks_[i].position, "a block of the footer makes no sense");
    }
  }
  return {};
}

tl::unexpected<Error> RunFile::damage(uint64_t position, const char* what) const {
  return fail(Errc::corruption,
              fmt::format("{}, position {}: {}", path_, position, what));
}

}  // namespace durable_streams::storage
