#include "storage/store_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <tuple>
#include <utility>

#include "storage/data_directory.h"
#include "storage/errc.h"
#include "storage/reserve.h"
#include "storage/segment.h"
#include "storage/segment_scanner.h"

namespace durable_streams::storage {
namespace {

// A server that tidies removes a file now and then, not all the time.
constexpr int tries_max = 100;

const std::string reserve_path = "log/" + std::string(reserve_name);

// The first batch of a segment, if all of it verifies.
Result<std::optional<BatchHead>> read_first_batch(const StoreUnit& segment,
                                                  const ReadableFile& file) {
  auto image = read_file_start(file, segment_header_bytes + batch_record_bytes);
  if (!image) return fail(std::move(image.error()));
  const auto head =
      batch_at(*image, segment.range.first, segment.seed, segment_header_bytes);
  if (!head) return std::optional<BatchHead>();
  image = read_file_start(file, image->size() + head->bytes);
  if (!image) return fail(std::move(image.error()));
  return first_batch(*image, segment.range.first, segment.seed);
}

// Whether a batch behind bad bytes says that they were durable.
Result<bool> was_durable(const StoreUnit& segment, const ReadableFile& file) {
  const auto image = read_file_start(file, segment.file_bytes);
  if (!image) return fail(image.error());
  SegmentScanner scanner(*image, segment.range.first, segment.seed);
  while (scanner.next())
    continue;
  return highest_synced_through(*image, segment.range.first, segment.seed,
                                segment_header_bytes) >
         LogPosition{segment.range.first, scanner.position()};
}

// One look at the directory.
class LayoutReader {
 public:
  LayoutReader(FileSystem& file_system, const std::string& data_dir, size_t kept_max)
      : file_system_(file_system), data_dir_(data_dir), kept_max_(kept_max) {}

  Result<void> list() {
    for (const std::string directory : {"log", "run"}) {
      // A directory of format 1 has no runs.
      const auto there = file_system_.exists(data_dir_ + "/" + directory);
      if (!there) return fail(there.error());
      if (!*there) continue;
      const auto names = file_system_.list(data_dir_ + "/" + directory);
      if (!names) return fail(names.error());
      for (const std::string& name : *names)
        names_.push_back(directory + "/" + name);
    }
    return {};
  }
  const std::vector<std::string>& names() const { return names_; }

  // False if a file vanished meanwhile.
  Result<bool> open_files();
  // The same.
  Result<bool> find_chain();
  StoreLayout take() { return std::move(layout_); }
  // The files do not join.
  bool lacks_units() const { return lacks_units_; }

 private:
  Result<bool> open_file(StoreUnit unit);
  Result<void> look_at_segment(StoreUnit& unit, const ReadableFile& file);
  Result<void> look_at_damaged_run(StoreUnit& unit, const ReadableFile& file,
                                   const Error& error);
  Result<size_t> newest() const;
  bool joins(StoreUnit& unit, const LogPosition& end);
  void add_missing(uint32_t first, const LogPosition& end);
  Result<void> count_unused();
  void add_damage(const std::string& file, uint64_t position, std::string what) {
    layout_.damage.push_back({file, position, 0, std::move(what), {}});
  }

  FileSystem& file_system_;
  const std::string& data_dir_;
  const size_t kept_max_;
  std::vector<std::string> names_;
  std::vector<StoreUnit> units_;  // That may be the log's; in its order.
  StoreLayout layout_;
  bool lacks_units_ = false;
};

// The units that no other one stands for, in order; `unused` gets the names of
// all else.
std::vector<StoreUnit> units_of(const std::vector<std::string>& names,
                                std::vector<std::string>& unused) {
  std::vector<StoreUnit> units;
  for (const std::string& name : names) {
    StoreUnit unit;
    unit.name = name;
    const std::string_view base = std::string_view(name).substr(4);
    if (const auto number = parse_segment_name(base);
        name.starts_with("log/") && number) {
      unit.range = {*number, *number};
    } else if (const auto range = parse_run_name(base);
               name.starts_with("run/") && range) {
      unit.kind = StoreUnit::Kind::run;
      unit.range = *range;
    } else {
      unused.push_back(name);
      continue;
    }
    units.push_back(std::move(unit));
  }
  // Of those that begin alike the widest comes first, a run before its segment.
  std::sort(units.begin(), units.end(),
            [](const StoreUnit& one, const StoreUnit& other) {
              return std::tuple(one.range.first, other.range.last,
                                one.kind != StoreUnit::Kind::run) <
                     std::tuple(other.range.first, one.range.last,
                                other.kind != StoreUnit::Kind::run);
            });
  std::vector<StoreUnit> chosen;
  for (StoreUnit& unit : units) {
    if (!chosen.empty() && chosen.back().range.holds(unit.range)) {
      unused.push_back(unit.name);
    } else {
      chosen.push_back(std::move(unit));
    }
  }
  return chosen;
}

Result<bool> LayoutReader::open_files() {
  for (StoreUnit& unit : units_of(names_, layout_.unused)) {
    const auto opened = open_file(std::move(unit));
    if (!opened || !*opened) return opened;
  }
  return true;
}

Result<bool> LayoutReader::open_file(StoreUnit unit) {
  unit.path = data_dir_ + "/" + unit.name;
  auto kept = std::make_shared<UnitFile>();
  auto file = file_system_.open_readable(unit.path);
  if (!file && is_missing(file.error())) return false;
  if (!file) return fail(std::move(file.error()));
  const auto size = (*file)->size();
  if (!size) return fail(size.error());
  kept->file = std::move(*file);
  unit.file_bytes = *size;
  if (unit.kind == StoreUnit::Kind::run) {
    auto run = RunFile::open(file_system_, unit.path, unit.range);
    if (!run && is_missing(run.error())) return false;
    if (!run && run.error().code != Errc::corruption) return fail(run.error());
    unit.has_footer = run.has_value();
    if (run) {
      unit.seed = run->seed();
      unit.begin = run->header().begin;
      unit.run_end = run->header().end;
      unit.file_bytes = run->file_bytes();
      kept->run = std::move(*run);
      kept->file = nullptr;
    } else if (auto done = look_at_damaged_run(unit, *kept->file, run.error()); !done) {
      return fail(std::move(done.error()));
    }
  } else if (auto done = look_at_segment(unit, *kept->file); !done) {
    return fail(std::move(done.error()));
  }
  unit.kept = std::move(kept);
  units_.push_back(std::move(unit));
  if (units_.size() > kept_max_) units_[units_.size() - kept_max_ - 1].kept = nullptr;
  return true;
}

Result<void> LayoutReader::look_at_segment(StoreUnit& unit, const ReadableFile& file) {
  const auto bytes = read_file_start(file, segment_header_used_bytes);
  if (!bytes) return fail(bytes.error());
  const SegmentHeader header = parse_segment_header(*bytes);
  unit.seed = header.seed;
  if (!header.sound || header.number != unit.range.first) {
    layout_.damage.push_back(
        {unit.name, 0, segment_header_used_bytes, "the header does not verify", {}});
  }
  const auto first = read_first_batch(unit, file);
  if (!first) return fail(first.error());
  if (*first) unit.begin = (*first)->continues;
  return {};
}

// Its records may still be found.
Result<void> LayoutReader::look_at_damaged_run(StoreUnit& unit,
                                               const ReadableFile& file,
                                               const Error& error) {
  const std::string path = data_dir_ + "/" + unit.name + ", ";
  std::string what = error.detail;
  if (what.starts_with(path)) what.erase(0, path.size());
  add_damage(unit.name, 0, std::move(what));
  const auto bytes = read_file_start(file, run_header_bytes);
  if (!bytes) return fail(bytes.error());
  if (bytes->size() < run_header_bytes) return {};
  const bool is_sound = decode_run_header(*bytes).has_value();
  RunHeader header = peek_run_header(*bytes);
  header.range = unit.range;
  unit.seed = header.seed();
  if (is_sound) unit.begin = header.begin;
  return {};
}

// The index of the newest unit of the log; units_.size() if there is none.
Result<size_t> LayoutReader::newest() const {
  for (size_t i = units_.size(); i-- > 0;) {
    if (units_[i].begin || units_[i].kind == StoreUnit::Kind::run) return i;
    const auto file = units_[i].open(file_system_);
    if (!file) return fail(file.error());
    const auto durable = was_durable(units_[i], (*file)->bytes());
    if (!durable) return fail(durable.error());
    if (*durable) return i;
  }
  return units_.size();
}

// From the newest back to where the log began, as recovery does, but over what is
// missing too.
Result<bool> LayoutReader::find_chain() {
  const auto start = newest();
  if (!start && is_missing(start.error())) return false;
  if (!start) return fail(start.error());
  std::vector<bool> in_chain(units_.size());
  std::optional<LogPosition> end;  // Of the unit that is looked for.
  for (size_t i = *start; i < units_.size();) {
    StoreUnit& unit = units_[i];
    in_chain[i] = true;
    if (end && !joins(unit, *end)) lacks_units_ = true;
    unit.end = end;
    if (!end) unit.end = unit.run_end;
    end = unit.begin;
    if (end && end->segment >= unit.range.first) {
      add_damage(unit.name, segment_header_bytes, "where it begins makes no sense");
      end.reset();
    }
    const uint32_t first = unit.range.first;
    layout_.units.push_back(std::move(unit));
    if (end && end->segment == 0) break;
    // The next one's number is known, unless the place that tells it is damaged.
    while (i-- > 0) {
      if (units_[i].range.last <= (end ? end->segment : first)) break;
    }
    const bool found = i < units_.size();
    if (end && (!found || units_[i].range.last != end->segment)) {
      add_missing(found ? units_[i].range.last + 1 : 1, *end);
      end.reset();
    }
  }
  std::reverse(layout_.units.begin(), layout_.units.end());
  for (size_t i = 0; i < units_.size(); ++i) {
    if (in_chain[i]) continue;
    layout_.unused.push_back(units_[i].name);
  }
  if (auto done = count_unused(); !done) return fail(std::move(done.error()));
  return true;
}

// Whether the log goes on at `end` behind the unit.
bool LayoutReader::joins(StoreUnit& unit, const LogPosition& end) {
  if (!unit.run_end || *unit.run_end == end) return true;
  add_damage(unit.name, 0, "the next file does not go on where the run ends");
  return false;
}

void LayoutReader::add_missing(uint32_t first, const LogPosition& end) {
  StoreUnit unit;
  unit.kind = StoreUnit::Kind::missing;
  unit.range = {first, end.segment};
  unit.name = "log/" + segment_name(end.segment);
  unit.end = end;
  add_damage(unit.name, 0, "the file, or the run that stood for it, is missing");
  layout_.units.push_back(std::move(unit));
  lacks_units_ = true;
}

Result<void> LayoutReader::count_unused() {
  for (const std::string& name : layout_.unused) {
    const auto file = file_system_.open_readable(data_dir_ + "/" + name);
    if (!file && is_missing(file.error())) continue;
    if (!file) return fail(file.error());
    const auto size = (*file)->size();
    if (!size) return fail(size.error());
    (name == reserve_path ? layout_.reserve_bytes : layout_.unused_bytes) += *size;
  }
  std::erase(layout_.unused, reserve_path);
  return {};
}

}  // namespace

bool is_missing(const Error& error) {
  return error.code == std::error_code(ENOENT, std::system_category());
}

Result<StoreLayout> read_layout(FileSystem& file_system, const std::string& data_dir,
                                size_t kept_max) {
  const auto version = read_format_version(file_system, data_dir);
  if (!version) return fail(version.error());
  std::vector<std::string> names_before;
  for (int tries = 1;; ++tries) {
    LayoutReader reader(file_system, data_dir, kept_max);
    if (auto done = reader.list(); !done) return fail(std::move(done.error()));
    auto whole = reader.open_files();
    if (whole && *whole) whole = reader.find_chain();
    if (!whole) return fail(std::move(whole.error()));
    if (*whole) {
      if (!reader.lacks_units() || reader.names() == names_before) {
        StoreLayout layout = reader.take();
        layout.format_version = *version;
        return layout;
      }
    }
    if (tries == tries_max) {
      return fail(system_error(EBUSY, data_dir + ": its files change all the time"));
    }
    names_before = reader.names();
  }
}

}  // namespace durable_streams::storage
