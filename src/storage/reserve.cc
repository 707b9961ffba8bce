#include "storage/reserve.h"

#include <algorithm>

namespace durable_streams::storage {

Reserve::Reserve(SegmentDirectory& directory, uint64_t bytes)
    : directory_(directory),
      path_(directory.path() + "/" + std::string(reserve_name)),
      bytes_(bytes == 0 ? 0 : std::max<uint64_t>(bytes, 2 * segment_header_bytes)),
      is_kept_(bytes_ > 0 && is_there()) {}

// Of the right size: it is whole then, for it gets its name last.
bool Reserve::is_there() const {
  const auto file = directory_.file_system().open_readable(path_);
  if (!file) return false;
  const auto size = (*file)->size();
  return size && *size == bytes_;
}

Result<void> Reserve::keep() {
  FileSystem& file_system = directory_.file_system();
  const std::string unfinished = path_ + std::string(unfinished_suffix);
  auto file = create_anew(file_system, unfinished);
  if (!file) return fail(std::move(file.error()));
  Result<void> done = (*file)->fill_zero(bytes_);
  if (done) done = (*file)->sync();
  if (done) done = file_system.rename(unfinished, path_);
  if (done) done = file_system.sync_directory(directory_.path());
  is_kept_ = done.has_value();
  if (!done) (void)file_system.remove(unfinished);
  return done;
}

Result<SegmentPtr> Reserve::spend(uint32_t number) {
  is_kept_ = false;
  return directory_.adopt(path_, number);
}

}  // namespace durable_streams::storage
