#include "testing/simulated_disk.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

namespace durable_streams::testing {
namespace {

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
  const uint64_t end = change.end();
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

// What is left of `doomed` once `change` is durable: bytes that were written anew do
// not come back.
std::vector<InFlight> without(const std::vector<InFlight>& doomed,
                              const InFlight& change) {
  std::vector<InFlight> left;
  for (const InFlight& one : doomed) {
    if (one.size || change.size || change.end() <= one.position ||
        one.end() <= change.position) {
      left.push_back(one);
      continue;
    }
    if (one.position < change.position) {
      left.push_back(
          {one.position, one.bytes.substr(0, change.position - one.position), {}});
    }
    if (change.end() < one.end()) {
      left.push_back({change.end(), one.bytes.substr(change.end() - one.position), {}});
    }
  }
  return left;
}

void settle(std::string& content, const InFlight& change, const Fate& fate,
            std::mt19937_64& random) {
  switch (fate.kind) {
    case Fate::Kind::lost:
      return;
    case Fate::Kind::kept:
      return apply_all(content, change);
    case Fate::Kind::reordered:
      if (random() % 2) apply_all(content, change);
      return;
    case Fate::Kind::zero_extended:
      if (content.size() < change.end()) content.resize(change.end());
      [[fallthrough]];
    case Fate::Kind::torn:
      return apply_torn(content, change, fate.sector_bytes, random);
  }
}

Result<void> no_power(const std::string& what) {
  return fail(system_error(EIO, what + ": no power"));
}

}  // namespace

std::string directory_of(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

Result<void> SimulatedDisk::begin(const std::string& what) {
  if (cut) return no_power(what);
  if (read_only) return fail(system_error(EROFS, what));
  ++operation;
  ++operations_ever_;
  if (operation == cut_at) {
    cut = true;
    cut_operation = what;
    return fail(system_error(EIO, what + ": power cut"));
  }
  if (operation == failure.at) return fail(system_error(failure.error_number, what));
  return {};
}

Result<void> SimulatedDisk::begin_look(const std::string& what) {
  if (cut) return no_power(what);
  if (++look == look_failure.at)
    return fail(system_error(look_failure.error_number, what));
  return {};
}

Result<void> SimulatedDisk::check_power(const std::string& what,
                                        uint64_t opened_in) const {
  if (cut || opened_in != generation) return no_power(what);
  return {};
}

Result<void> SimulatedDisk::take_descriptor(const std::string& what) {
  if (descriptors >= descriptors_max) return fail(system_error(EMFILE, what));
  ++descriptors;
  return {};
}

void SimulatedDisk::apply(Inode& inode, InFlight change) {
  apply_all(inode.seen, change);
  inode.in_flight.push_back(std::move(change));
}

void SimulatedDisk::sync(Inode& inode) {
  for (const InFlight& change : inode.in_flight) {
    apply_all(inode.durable, change);
    inode.doomed = without(inode.doomed, change);
  }
  inode.in_flight.clear();
}

void SimulatedDisk::fail_sync(Inode& inode) {
  std::move(inode.in_flight.begin(), inode.in_flight.end(),
            std::back_inserter(inode.doomed));
  inode.in_flight.clear();
}

void SimulatedDisk::sync_names(const std::string& directory) {
  std::erase_if(in_flight_names, [&](const NameChange& change) {
    if (directory_of(change.path) != directory) return false;
    if (change.inode) {
      durable_names[change.path] = change.inode;
    } else {
      durable_names.erase(change.path);
    }
    return true;
  });
}

void SimulatedDisk::change_name(const std::string& path, InodePtr inode) {
  if (inode) {
    inode->path = path;
    names[path] = inode;
  } else {
    names.erase(path);
  }
  in_flight_names.push_back({path, std::move(inode), operations_ever_});
}

uint64_t SimulatedDisk::used() const {
  uint64_t bytes = 0;
  std::set<const Inode*> counted;  // A file may have several names.
  for (const auto& [path, inode] : names) {
    if (counted.insert(inode.get()).second) bytes += inode->seen.size();
  }
  return bytes;
}

uint64_t SimulatedDisk::room_for(const Inode&, uint64_t wanted) const {
  if (capacity == UINT64_MAX) return wanted;
  const uint64_t now = used();
  return now >= capacity ? 0 : std::min(wanted, capacity - now);
}

InodePtr SimulatedDisk::find_file(const std::string& path) const {
  const auto found = names.find(path);
  return found == names.end() || found->second->is_directory ? nullptr : found->second;
}

bool SimulatedDisk::has_directory(const std::string& path) const {
  if (path == "." || path.empty()) return true;
  const auto found = names.find(path);
  return found != names.end() && found->second->is_directory;
}

void SimulatedDisk::power_on(const Fate& fate) {
  std::mt19937_64 random(fate.seed);
  settle_names(fate, random);
  for (const auto& [path, inode] : names) {
    for (auto* changes : {&inode->doomed, &inode->in_flight}) {
      for (const InFlight& change : *changes)
        settle(inode->durable, change, fate, random);
      changes->clear();
    }
    inode->seen = inode->durable;
  }
  begin_generation();
}

// A first part of the changes stays: directories are journalled.
void SimulatedDisk::settle_names(const Fate& fate, std::mt19937_64& random) {
  uint64_t last_group = 0;  // Groups are numbered from 1.
  if (!in_flight_names.empty()) {
    const uint64_t first = in_flight_names.front().group;
    const uint64_t last = in_flight_names.back().group;
    if (fate.kind == Fate::Kind::kept) {
      last_group = last;
    } else if (fate.kind != Fate::Kind::lost) {
      last_group = first - 1 + random() % (last - first + 2);
    }
  }
  for (const NameChange& change : in_flight_names) {
    if (change.group > last_group) break;
    if (change.inode) {
      durable_names[change.path] = change.inode;
    } else {
      durable_names.erase(change.path);
    }
  }
  in_flight_names.clear();
  names = durable_names;
  // What lies in a directory that is gone is gone too.
  std::erase_if(names, [this](const auto& name) {
    return !has_directory(directory_of(name.first));
  });
  durable_names = names;
}

void SimulatedDisk::restart() {
  begin_generation();
}

void SimulatedDisk::begin_generation() {
  locks.clear();
  cut = false;
  cut_at = operation = look = 0;
  failure = look_failure = {};
  descriptors = 0;
  ++generation;
}

}  // namespace durable_streams::testing
