#include "testing/simulated_file_system.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "base/assert.h"

namespace durable_streams::testing {
namespace {

// A write or a change of size that is not durable yet.
struct InFlight {
  uint64_t position = 0;
  std::string bytes;
  std::optional<uint64_t> size;  // The file's size instead of bytes.
};

struct Inode {
  std::string seen;     // What reads see.
  std::string durable;  // What a power cut leaves, without what is in flight.
  std::vector<InFlight> in_flight;
  std::vector<InFlight> doomed;  // In flight at a failed sync: before in_flight.
};
using InodePtr = std::shared_ptr<Inode>;

// A name that has changed: null if it was removed.
struct NameChange {
  std::string path;
  InodePtr inode;
  size_t group;  // Changes of one operation stay together (rename).
};

void overwrite(std::string& content, uint64_t position, std::string_view bytes) {
  if (content.size() < position + bytes.size()) content.resize(position + bytes.size());
  bytes.copy(content.data() + position, bytes.size());
}

void apply_all(std::string& content, const InFlight& change) {
  if (change.size) {
    content.resize(*change.size);
  } else {
    overwrite(content, change.position, change.bytes);
  }
}

// Applies the sectors of `change` that chance keeps.
void apply_torn(std::string& content, const InFlight& change, size_t sector_bytes,
                std::mt19937_64& random) {
  if (change.size) {
    if (random() % 2) content.resize(*change.size);
    return;
  }
  const uint64_t end = change.position + change.bytes.size();
  for (uint64_t at = change.position; at < end;) {
    const uint64_t next =
        std::min<uint64_t>(end, (at / sector_bytes + 1) * sector_bytes);
    if (random() % 2) {
      overwrite(content, at,
                std::string_view(change.bytes).substr(at - change.position, next - at));
    }
    at = next;
  }
}

std::string directory_of(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace

// The state, shared with open files, so that they may outlive the file system.
class SimulatedFileSystem::Disk {
 public:
  // Counts an operation. An error: it fails, and has no effect unless the power
  // was cut.
  Result<void> begin(const std::string& what) {
    if (cut) return fail(system_error(EIO, what + ": no power"));
    ++operation;
    if (operation == cut_at) {
      cut = true;
      return fail(system_error(EIO, what + ": power cut"));
    }
    if (operation == fail_number) return fail(system_error(fail_error, what));
    return {};
  }
  Result<void> check_power(const std::string& what, uint64_t opened_in) const {
    if (cut || opened_in != generation)
      return fail(system_error(EIO, what + ": no power"));
    return {};
  }

  uint64_t used() const {
    uint64_t bytes = 0;
    for (const auto& [path, inode] : names)
      bytes += inode->seen.size();
    return bytes;
  }
  bool has_room(const Inode& inode, uint64_t size) const {
    return size <= inode.seen.size() || used() + size - inode.seen.size() <= capacity;
  }

  void change_name(const std::string& path, InodePtr inode, size_t group) {
    if (inode) {
      names[path] = inode;
    } else {
      names.erase(path);
    }
    in_flight_names.push_back({path, std::move(inode), group});
  }

  mutable std::mutex mutex;
  std::map<std::string, InodePtr> names;  // As seen.
  std::map<std::string, InodePtr> durable_names;
  std::vector<NameChange> in_flight_names;
  std::set<std::string> directories;  // Made durable at once: not under test.
  std::set<std::string> locks;
  uint64_t operation = 0;
  uint64_t cut_at = 0;
  uint64_t fail_number = 0;
  int fail_error = 0;
  uint64_t capacity = UINT64_MAX;
  uint64_t generation = 0;  // Counts power cuts.
  bool cut = false;
};

class SimulatedFileSystem::File final : public WritableFile {
 public:
  File(std::shared_ptr<Disk> disk, InodePtr inode, std::string path)
      : disk_(std::move(disk)),
        inode_(std::move(inode)),
        path_(std::move(path)),
        generation_(disk_->generation) {}

  Result<size_t> read_at(uint64_t position, char* into, size_t size) const override {
    const std::lock_guard lock(disk_->mutex);
    if (auto power = disk_->check_power("read " + path_, generation_); !power) {
      return fail(power.error());
    }
    if (position >= inode_->seen.size()) return size_t{0};
    return inode_->seen.copy(into, size, position);
  }

  Result<uint64_t> size() const override {
    const std::lock_guard lock(disk_->mutex);
    return inode_->seen.size();
  }

  Result<void> write_at(uint64_t position,
                        std::span<const std::string_view> pieces) override {
    std::string bytes;
    for (const std::string_view piece : pieces)
      bytes += piece;
    const std::lock_guard lock(disk_->mutex);
    return change("write ", {position, std::move(bytes), {}});
  }

  Result<void> fill_zero(uint64_t size_wanted) override {
    const std::lock_guard lock(disk_->mutex);
    const uint64_t size_now = inode_->seen.size();
    if (size_wanted <= size_now) return {};
    return change("fill ", {size_now, std::string(size_wanted - size_now, '\0'), {}});
  }

  Result<void> truncate(uint64_t size_wanted) override {
    const std::lock_guard lock(disk_->mutex);
    return change("truncate ", {0, {}, size_wanted});
  }

  Result<void> sync() override {
    const std::lock_guard lock(disk_->mutex);
    if (auto power = disk_->check_power("sync " + path_, generation_); !power)
      return power;
    if (auto begun = disk_->begin("sync " + path_); !begun) {
      std::move(inode_->in_flight.begin(), inode_->in_flight.end(),
                std::back_inserter(inode_->doomed));
      inode_->in_flight.clear();
      return begun;
    }
    for (const InFlight& change : inode_->in_flight)
      apply_all(inode_->durable, change);
    inode_->in_flight.clear();
    return {};
  }

 private:
  Result<void> change(const char* what, InFlight change) {
    if (auto power = disk_->check_power(what + path_, generation_); !power)
      return power;
    const auto begun = disk_->begin(what + path_);
    // A write that fails by itself has come half way; one that the power cut
    // interrupts is in flight.
    if (!begun && !disk_->cut) {
      if (change.size) return begun;
      change.bytes.resize(change.bytes.size() / 2);
    }
    const uint64_t size_after =
        change.size ? *change.size : change.position + change.bytes.size();
    if (begun && !disk_->has_room(*inode_, size_after)) {
      return fail(system_error(ENOSPC, what + path_));
    }
    apply_all(inode_->seen, change);
    inode_->in_flight.push_back(std::move(change));
    return begun;
  }

  const std::shared_ptr<Disk> disk_;
  const InodePtr inode_;
  const std::string path_;
  const uint64_t generation_;
};

class SimulatedFileSystem::Lock final : public FileLock {
 public:
  Lock(std::shared_ptr<Disk> disk, std::string path)
      : disk_(std::move(disk)),
        path_(std::move(path)),
        generation_(disk_->generation) {}
  ~Lock() override {
    const std::lock_guard lock(disk_->mutex);
    if (generation_ == disk_->generation) disk_->locks.erase(path_);
  }

 private:
  const std::shared_ptr<Disk> disk_;
  const std::string path_;
  const uint64_t generation_;
};

SimulatedFileSystem::SimulatedFileSystem() : disk_(std::make_shared<Disk>()) {}
SimulatedFileSystem::~SimulatedFileSystem() = default;

void SimulatedFileSystem::cut_power_at(uint64_t number) {
  const std::lock_guard lock(disk_->mutex);
  disk_->cut_at = disk_->operation + number;
}

void SimulatedFileSystem::fail_at(uint64_t number, int error_number) {
  const std::lock_guard lock(disk_->mutex);
  disk_->fail_number = disk_->operation + number;
  disk_->fail_error = error_number;
}

void SimulatedFileSystem::set_capacity(uint64_t bytes) {
  const std::lock_guard lock(disk_->mutex);
  disk_->capacity = bytes;
}

uint64_t SimulatedFileSystem::operations() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->operation;
}

bool SimulatedFileSystem::power_is_cut() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->cut;
}

void SimulatedFileSystem::power_on(const Fate& fate) {
  const std::lock_guard lock(disk_->mutex);
  Disk& disk = *disk_;
  std::mt19937_64 random(fate.seed);

  // Names first: a prefix of what was in flight.
  const size_t groups =
      disk.in_flight_names.empty() ? 0 : disk.in_flight_names.back().group;
  size_t last_group = 0;
  if (fate.kind == Fate::Kind::kept) last_group = groups;
  if (fate.kind == Fate::Kind::torn && groups > 0) {
    const size_t first = disk.in_flight_names.front().group;
    last_group = first - 1 + random() % (groups - first + 2);
  }
  for (const NameChange& change : disk.in_flight_names) {
    if (change.group > last_group) break;
    if (change.inode) {
      disk.durable_names[change.path] = change.inode;
    } else {
      disk.durable_names.erase(change.path);
    }
  }
  disk.in_flight_names.clear();
  disk.names = disk.durable_names;

  for (const auto& [path, inode] : disk.names) {
    for (const auto* changes : {&inode->doomed, &inode->in_flight}) {
      for (const InFlight& change : *changes) {
        if (fate.kind == Fate::Kind::kept) apply_all(inode->durable, change);
        if (fate.kind == Fate::Kind::torn) {
          apply_torn(inode->durable, change, fate.sector_bytes, random);
        }
      }
    }
    inode->doomed.clear();
    inode->in_flight.clear();
    inode->seen = inode->durable;
  }
  disk.locks.clear();
  disk.cut = false;
  disk.cut_at = disk.fail_number = disk.operation = 0;
  ++disk.generation;
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
  other.disk_->directories = disk_->directories;
  for (const auto& [path, inode] : disk_->names) {
    auto copy = std::make_shared<Inode>();
    copy->seen = copy->durable = inode->seen;
    other.disk_->names[path] = other.disk_->durable_names[path] = std::move(copy);
  }
}

Result<std::unique_ptr<WritableFile>> SimulatedFileSystem::open_writable(
    const std::string& path, OpenMode mode) {
  const std::lock_guard lock(disk_->mutex);
  const auto found = disk_->names.find(path);
  if (mode == OpenMode::read_write) {
    if (disk_->cut) return fail(system_error(EIO, "open " + path + ": no power"));
    if (found == disk_->names.end()) return fail(system_error(ENOENT, "open " + path));
    return std::make_unique<File>(disk_, found->second, path);
  }
  if (found != disk_->names.end()) return fail(system_error(EEXIST, "open " + path));
  if (!disk_->directories.contains(directory_of(path))) {
    return fail(system_error(ENOENT, "open " + path));
  }
  const auto begun = disk_->begin("create " + path);
  if (!begun && !disk_->cut) return fail(begun.error());
  auto inode = std::make_shared<Inode>();
  disk_->change_name(path, inode, disk_->operation);
  if (!begun) return fail(begun.error());
  return std::make_unique<File>(disk_, std::move(inode), path);
}

Result<std::unique_ptr<ReadableFile>> SimulatedFileSystem::open_readable(
    const std::string& path) {
  auto file = open_writable(path, OpenMode::read_write);
  if (!file) return fail(std::move(file.error()));
  return std::unique_ptr<ReadableFile>(std::move(*file));
}

Result<std::vector<std::string>> SimulatedFileSystem::list(
    const std::string& directory) {
  const std::lock_guard lock(disk_->mutex);
  std::vector<std::string> names;
  for (const auto& [path, inode] : disk_->names) {
    if (directory_of(path) == directory)
      names.push_back(path.substr(directory.size() + 1));
  }
  return names;
}

Result<void> SimulatedFileSystem::create_directory(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  if (disk_->directories.contains(path)) return {};
  if (auto begun = disk_->begin("create directory " + path); !begun) return begun;
  disk_->directories.insert(path);
  return {};
}

Result<void> SimulatedFileSystem::sync_directory(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  if (auto begun = disk_->begin("sync directory " + path); !begun) return begun;
  std::erase_if(disk_->in_flight_names, [&](const NameChange& change) {
    if (directory_of(change.path) != path) return false;
    if (change.inode) {
      disk_->durable_names[change.path] = change.inode;
    } else {
      disk_->durable_names.erase(change.path);
    }
    return true;
  });
  return {};
}

Result<void> SimulatedFileSystem::rename(const std::string& from,
                                         const std::string& to) {
  const std::lock_guard lock(disk_->mutex);
  const auto found = disk_->names.find(from);
  if (found == disk_->names.end()) return fail(system_error(ENOENT, "rename " + from));
  const auto begun = disk_->begin("rename " + from);
  if (!begun && !disk_->cut) return begun;
  const InodePtr inode = found->second;
  disk_->change_name(from, nullptr, disk_->operation);
  disk_->change_name(to, inode, disk_->operation);
  return begun;
}

Result<void> SimulatedFileSystem::remove(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  if (!disk_->names.contains(path)) return fail(system_error(ENOENT, "remove " + path));
  const auto begun = disk_->begin("remove " + path);
  if (!begun && !disk_->cut) return begun;
  disk_->change_name(path, nullptr, disk_->operation);
  return begun;
}

Result<bool> SimulatedFileSystem::exists(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  if (disk_->cut) return fail(system_error(EIO, "stat " + path + ": no power"));
  return disk_->names.contains(path) || disk_->directories.contains(path);
}

Result<std::unique_ptr<FileLock>> SimulatedFileSystem::try_lock(
    const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  if (disk_->cut) return fail(system_error(EIO, "lock " + path + ": no power"));
  if (!disk_->locks.insert(path).second) return std::unique_ptr<FileLock>();
  return std::make_unique<Lock>(disk_, path);
}

}  // namespace durable_streams::testing
