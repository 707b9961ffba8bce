#include "testing/simulated_file_system.h"

#include <cerrno>
#include <utility>

namespace durable_streams::testing {

// What is open: holds a descriptor, and fails once its generation is over.
class SimulatedFileSystem::Handle {
 public:
  // The disk's mutex is held, the descriptor is taken.
  explicit Handle(std::shared_ptr<SimulatedDisk> disk)
      : disk_(std::move(disk)), generation_(disk_->generation) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    const std::lock_guard lock(disk_->mutex);
    if (is_current()) --disk_->descriptors;
  }

  bool is_current() const { return generation_ == disk_->generation; }
  Result<void> check(const std::string& what) const {
    return disk_->check_power(what, generation_);
  }
  SimulatedDisk& disk() const { return *disk_; }

 private:
  const std::shared_ptr<SimulatedDisk> disk_;
  const uint64_t generation_;
};

class SimulatedFileSystem::File final : public WritableFile {
 public:
  File(std::shared_ptr<SimulatedDisk> disk, InodePtr inode)
      : handle_(std::move(disk)), inode_(std::move(inode)) {}

  Result<size_t> read_at(uint64_t position, char* into, size_t size) const override {
    const std::lock_guard lock(handle_.disk().mutex);
    if (auto power = handle_.check(doing("read ")); !power) return fail(power.error());
    if (auto begun = handle_.disk().begin_look(doing("read ")); !begun) {
      return fail(begun.error());
    }
    if (position >= inode_->seen.size()) return size_t{0};
    return inode_->seen.copy(into, size, position);
  }

  Result<uint64_t> size() const override {
    const std::lock_guard lock(handle_.disk().mutex);
    if (auto begun = handle_.disk().begin_look(doing("stat ")); !begun) {
      return fail(begun.error());
    }
    return inode_->seen.size();
  }

  Result<void> write_at(uint64_t position,
                        std::span<const std::string_view> pieces) override {
    std::string bytes;
    for (const std::string_view piece : pieces)
      bytes += piece;
    const std::lock_guard lock(handle_.disk().mutex);
    return change("write ", {position, std::move(bytes), {}});
  }

  Result<void> fill_zero(uint64_t size_wanted) override {
    const std::lock_guard lock(handle_.disk().mutex);
    const uint64_t size_now = inode_->seen.size();
    if (size_wanted <= size_now) return {};
    return change("fill ", {size_now, std::string(size_wanted - size_now, '\0'), {}});
  }

  Result<void> truncate(uint64_t size_wanted) override {
    const std::lock_guard lock(handle_.disk().mutex);
    return change("truncate ", {0, {}, size_wanted});
  }

  Result<void> sync() override {
    const std::lock_guard lock(handle_.disk().mutex);
    if (auto power = handle_.check(doing("sync ")); !power) return power;
    if (auto begun = handle_.disk().begin(doing("sync ")); !begun) {
      // One that the end of the process interrupts has not failed.
      if (!handle_.disk().cut) handle_.disk().fail_sync(*inode_);
      return begun;
    }
    handle_.disk().sync(*inode_);
    return {};
  }

 private:
  std::string doing(const char* action) const { return action + inode_->path; }

  // An error has the effect that it came to: half of a write that fails by itself,
  // as much as a full disk takes, all that the power cut found in flight.
  Result<void> change(const char* action, InFlight change) {
    const std::string what = doing(action);
    if (auto power = handle_.check(what); !power) return power;
    SimulatedDisk& disk = handle_.disk();
    Result<void> done = disk.begin(what);
    if (!done && !disk.cut) {
      if (change.size || disk.read_only) return done;
      change.bytes.resize(change.bytes.size() / 2);
    }
    const uint64_t end = change.end();
    if (done && end > inode_->seen.size()) {
      const uint64_t growth = end - inode_->seen.size();
      const uint64_t room = disk.room_for(*inode_, growth);
      if (room < growth) {
        done = fail(system_error(ENOSPC, what));
        if (change.size || change.bytes.size() <= growth - room) return done;
        change.bytes.resize(change.bytes.size() - (growth - room));
      }
    }
    disk.apply(*inode_, std::move(change));
    return done;
  }

  const Handle handle_;
  const InodePtr inode_;
};

class SimulatedFileSystem::Lock final : public FileLock {
 public:
  Lock(std::shared_ptr<SimulatedDisk> disk, std::string path)
      : handle_(std::move(disk)), path_(std::move(path)) {}
  ~Lock() override {
    const std::lock_guard lock(handle_.disk().mutex);
    if (handle_.is_current()) handle_.disk().locks.erase(path_);
  }

 private:
  const Handle handle_;
  const std::string path_;
};

SimulatedFileSystem::SimulatedFileSystem() : disk_(std::make_shared<SimulatedDisk>()) {}
SimulatedFileSystem::~SimulatedFileSystem() = default;

void SimulatedFileSystem::cut_power_at(uint64_t number) {
  const std::lock_guard lock(disk_->mutex);
  disk_->cut_at = disk_->operation + number;
}

void SimulatedFileSystem::fail_at(uint64_t number, int error_number) {
  const std::lock_guard lock(disk_->mutex);
  disk_->failure = {disk_->operation + number, error_number};
}

void SimulatedFileSystem::fail_look_at(uint64_t number, int error_number) {
  const std::lock_guard lock(disk_->mutex);
  disk_->look_failure = {disk_->look + number, error_number};
}

void SimulatedFileSystem::set_capacity(uint64_t bytes) {
  const std::lock_guard lock(disk_->mutex);
  disk_->capacity = bytes;
}

void SimulatedFileSystem::set_descriptor_limit(size_t count) {
  const std::lock_guard lock(disk_->mutex);
  disk_->descriptors_max = count;
}

void SimulatedFileSystem::set_read_only(bool read_only) {
  const std::lock_guard lock(disk_->mutex);
  disk_->read_only = read_only;
}

uint64_t SimulatedFileSystem::operations() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->operation;
}

uint64_t SimulatedFileSystem::looks() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->look;
}

bool SimulatedFileSystem::power_is_cut() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->cut;
}

std::string SimulatedFileSystem::cut_operation() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->cut_operation;
}

size_t SimulatedFileSystem::open_descriptors() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->descriptors;
}

void SimulatedFileSystem::power_on(const Fate& fate) {
  const std::lock_guard lock(disk_->mutex);
  disk_->power_on(fate);
}

void SimulatedFileSystem::restart() {
  const std::lock_guard lock(disk_->mutex);
  disk_->restart();
}

std::string SimulatedFileSystem::content(const std::string& path) const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->names.at(path)->seen;
}

void SimulatedFileSystem::flip_bit(const std::string& path, uint64_t bit) {
  const std::lock_guard lock(disk_->mutex);
  Inode& inode = *disk_->names.at(path);
  for (std::string* content : {&inode.seen, &inode.durable}) {
    char& byte = content->at(bit / 8);
    byte = static_cast<char>(byte ^ (1 << (bit % 8)));
  }
}

uint64_t SimulatedFileSystem::used_bytes() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->used();
}

void SimulatedFileSystem::copy_to(SimulatedFileSystem& other) const {
  const std::scoped_lock lock(disk_->mutex, other.disk_->mutex);
  for (const auto& [path, inode] : disk_->names) {
    auto copy = std::make_shared<Inode>();
    copy->seen = copy->durable = inode->seen;
    copy->is_directory = inode->is_directory;
    copy->path = path;
    other.disk_->names[path] = other.disk_->durable_names[path] = std::move(copy);
  }
}

Result<InodePtr> SimulatedFileSystem::open_existing(const std::string& path) {
  if (auto begun = disk_->begin_look("open " + path); !begun)
    return fail(begun.error());
  InodePtr inode = disk_->find_file(path);
  if (!inode) return fail(system_error(ENOENT, "open " + path));
  if (auto taken = disk_->take_descriptor("open " + path); !taken) {
    return fail(taken.error());
  }
  return inode;
}

Result<std::unique_ptr<WritableFile>> SimulatedFileSystem::open_writable(
    const std::string& path, OpenMode mode) {
  const std::lock_guard lock(disk_->mutex);
  if (mode == OpenMode::read_write) {
    if (disk_->read_only) return fail(system_error(EROFS, "open " + path));
    auto inode = open_existing(path);
    if (!inode) return fail(inode.error());
    return std::make_unique<File>(disk_, std::move(*inode));
  }
  if (disk_->names.contains(path)) return fail(system_error(EEXIST, "open " + path));
  if (!disk_->has_directory(directory_of(path))) {
    return fail(system_error(ENOENT, "open " + path));
  }
  const auto begun = disk_->begin("create " + path);
  if (!begun && !disk_->cut) return fail(begun.error());
  if (begun) {
    if (auto taken = disk_->take_descriptor("create " + path); !taken) {
      return fail(taken.error());
    }
  }
  auto inode = std::make_shared<Inode>();
  disk_->change_name(path, inode);
  if (!begun) return fail(begun.error());
  return std::make_unique<File>(disk_, std::move(inode));
}

Result<std::unique_ptr<ReadableFile>> SimulatedFileSystem::open_readable(
    const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  auto inode = open_existing(path);
  if (!inode) return fail(inode.error());
  return std::make_unique<File>(disk_, std::move(*inode));
}

Result<std::vector<std::string>> SimulatedFileSystem::list(
    const std::string& directory) {
  const std::lock_guard lock(disk_->mutex);
  if (auto begun = disk_->begin_look("list " + directory); !begun) {
    return fail(begun.error());
  }
  if (!disk_->has_directory(directory))
    return fail(system_error(ENOENT, "list " + directory));
  std::vector<std::string> names;
  for (const auto& [path, inode] : disk_->names) {
    if (directory_of(path) == directory)
      names.push_back(path.substr(directory.size() + 1));
  }
  return names;
}

Result<void> SimulatedFileSystem::create_directory(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  std::vector<std::string> missing;
  for (std::string one = path; !disk_->has_directory(one); one = directory_of(one))
    missing.push_back(one);
  if (missing.empty()) return {};
  const auto begun = disk_->begin("create directory " + path);
  if (!begun && !disk_->cut) return begun;
  for (; !missing.empty(); missing.pop_back()) {
    auto inode = std::make_shared<Inode>();
    inode->is_directory = true;
    disk_->change_name(missing.back(), std::move(inode));
  }
  return begun;
}

Result<void> SimulatedFileSystem::sync_directory(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  if (!disk_->has_directory(path))
    return fail(system_error(ENOENT, "sync directory " + path));
  if (disk_->read_only) return {};  // Nothing is to be synced.
  if (auto begun = disk_->begin("sync directory " + path); !begun) return begun;
  disk_->sync_names(path);
  return {};
}

Result<void> SimulatedFileSystem::rename(const std::string& from,
                                         const std::string& to) {
  const std::lock_guard lock(disk_->mutex);
  const InodePtr inode = disk_->find_file(from);
  if (!inode) return fail(system_error(ENOENT, "rename " + from));
  const auto begun = disk_->begin("rename " + from);
  if (!begun && !disk_->cut) return begun;
  disk_->change_name(from, nullptr);
  disk_->change_name(to, inode);
  return begun;
}

Result<void> SimulatedFileSystem::link(const std::string& from, const std::string& to) {
  const std::lock_guard lock(disk_->mutex);
  const InodePtr inode = disk_->find_file(from);
  if (!inode) return fail(system_error(ENOENT, "link " + from));
  if (disk_->names.contains(to)) return fail(system_error(EEXIST, "link " + to));
  if (!disk_->has_directory(directory_of(to)))
    return fail(system_error(ENOENT, "link " + to));
  const auto begun = disk_->begin("link " + from);
  if (!begun && !disk_->cut) return begun;
  disk_->change_name(to, inode);
  return begun;
}

Result<void> SimulatedFileSystem::remove(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  if (!disk_->find_file(path)) return fail(system_error(ENOENT, "remove " + path));
  const auto begun = disk_->begin("remove " + path);
  if (!begun && !disk_->cut) return begun;
  disk_->change_name(path, nullptr);
  return begun;
}

Result<bool> SimulatedFileSystem::exists(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  if (auto begun = disk_->begin_look("stat " + path); !begun) {
    return fail(begun.error());
  }
  return disk_->find_file(path) != nullptr || disk_->has_directory(path);
}

Result<std::unique_ptr<FileLock>> SimulatedFileSystem::try_lock(
    const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  if (auto begun = disk_->begin_look("lock " + path); !begun) {
    return fail(begun.error());
  }
  if (disk_->read_only) return fail(system_error(EROFS, "lock " + path));
  if (disk_->locks.contains(path)) return std::unique_ptr<FileLock>();
  if (auto taken = disk_->take_descriptor("lock " + path); !taken) {
    return fail(taken.error());
  }
  disk_->locks.insert(path);
  return std::make_unique<Lock>(disk_, path);
}

}  // namespace durable_streams::testing
