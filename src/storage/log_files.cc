#include "storage/log_files.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace durable_streams::storage {
namespace {

LogFilePtr make_file(std::string path, uint32_t seed) {
  auto file = std::make_shared<LogFile>();
  file->path = std::move(path);
  file->seed = seed;
  return file;
}

bool is_out_of_descriptors(const Error& error) {
  return error.code == std::error_code(EMFILE, std::system_category()) ||
         error.code == std::error_code(ENFILE, std::system_category());
}

}  // namespace

void LogFiles::add_active(const SegmentPtr& segment, std::string path) {
  const std::lock_guard lock(mutex_);
  entries_[segment->number] = {make_file(std::move(path), segment->seed),
                               {segment, segment->file.get()}};
}

void LogFiles::seal(uint32_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(number);
  if (found != entries_.end()) found->second.pinned = nullptr;
}

void LogFiles::add_sealed(uint32_t number, uint32_t seed, std::string path) {
  const std::lock_guard lock(mutex_);
  entries_[number] = {make_file(std::move(path), seed), nullptr};
}

uint32_t LogFiles::add_run(std::string path, uint32_t seed) {
  const std::lock_guard lock(mutex_);
  const uint32_t id = next_run_id_++;
  entries_[id] = {make_file(std::move(path), seed), nullptr};
  return id;
}

Result<void> LogFiles::pin(uint32_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.pinned) return {};
  auto file = open_locked(id, found->second.info->path);
  if (!file) return fail(std::move(file.error()));
  found->second.pinned = std::move(*file);
  return {};
}

void LogFiles::retire(uint32_t id) {
  const std::lock_guard lock(mutex_);
  entries_.erase(id);
  std::erase_if(recent_, [id](const Recent& one) { return one.id == id; });
}

Result<std::optional<OpenLogFile>> LogFiles::open(uint32_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return std::optional<OpenLogFile>();
  const Entry& entry = found->second;
  if (entry.pinned) return OpenLogFile{entry.info, entry.pinned};
  auto file = open_locked(id, entry.info->path);
  if (!file) return fail(std::move(file.error()));
  return OpenLogFile{entry.info, std::move(*file)};
}

Result<std::shared_ptr<const ReadableFile>> LogFiles::open_locked(
    uint32_t id, const std::string& path) {
  const auto known = std::find_if(recent_.begin(), recent_.end(),
                                  [id](const Recent& one) { return one.id == id; });
  if (known != recent_.end()) {
    std::rotate(known, known + 1, recent_.end());
    return recent_.back().file;
  }
  auto opened = file_system_.open_readable(path);
  if (!opened && is_out_of_descriptors(opened.error())) {
    recent_.clear();
    opened = file_system_.open_readable(path);
  }
  if (!opened) return fail(std::move(opened.error()));
  if (recent_.size() >= open_max_) recent_.erase(recent_.begin());
  recent_.push_back({id, std::shared_ptr<const ReadableFile>(std::move(*opened))});
  return recent_.back().file;
}

LogFilePtr LogFiles::find(uint32_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.info;
}

}  // namespace durable_streams::storage
