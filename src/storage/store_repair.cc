#include "storage/store_repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <string_view>
#include <utility>

#include "storage/data_directory.h"
#include "storage/errc.h"
#include "storage/fold_run.h"
#include "storage/log_engine.h"
#include "storage/reserve.h"
#include "storage/salvage_source.h"

namespace durable_streams::storage {
namespace {

// Ids that streams may have had whose creation is lost with the end of the log,
// more than a segment has room for. They are not given to others.
constexpr uint64_t lost_ids_max = 10'000'000;

// "damaged-20260131-235959", in UTC.
std::string name_of_copy(const Clock& clock) {
  const std::time_t seconds = clock.wall_ms() / 1000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("damaged-{:04}{:02}{:02}-{:02}{:02}{:02}", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

// Whether a server would write to this file though it is not the log's: a segment
// made ahead, or the reserve.
bool is_written_to(std::string_view name) {
  if (!name.starts_with("log/")) return false;
  name.remove_prefix(4);
  return name == reserve_name || parse_segment_name(name).has_value();
}

class Repair {
 public:
  Repair(FileSystem& file_system, const std::string& data_dir)
      : file_system_(file_system), data_dir_(data_dir) {}

  Result<RepairReport> run(const Clock& clock) {
    if (const auto version = read_format_version(file_system_, data_dir_); !version)
      return fail(version.error());
    LockPolicy lock;
    lock.wait = false;
    const auto directory = DataDirectory::open(file_system_, data_dir_, lock);
    if (!directory) return fail(directory.error());
    auto before = survey_store(file_system_, data_dir_);
    if (!before) return fail(std::move(before.error()));
    report_.before = std::move(*before);
    if (report_.before.is_sound()) return std::move(report_);
    auto name = free_name(name_of_copy(clock));
    if (!name) return fail(std::move(name.error()));
    report_.kept_in = std::move(*name);
    for (const auto step : {&Repair::keep_originals, &Repair::rewrite_units,
                            &Repair::remove_originals, &Repair::check}) {
      if (auto done = (this->*step)(); !done) return fail(std::move(done.error()));
    }
    return std::move(report_);
  }

 private:
  Result<std::string> free_name(const std::string& name) const;
  Result<void> keep_originals();
  Result<void> keep(const std::string& name);
  Result<void> rewrite_units();
  Result<void> rewrite(size_t index, LogPosition begin, LogPosition end);
  Result<void> remove_originals();
  Result<void> check();

  bool is_damaged(const std::string& file) const {
    return std::any_of(report_.before.damage.begin(), report_.before.damage.end(),
                       [&](const Damage& one) { return one.file == file; });
  }
  LogPosition end_of(size_t index) const {
    const auto& end = report_.before.layout.units[index].end;
    return end ? *end : report_.before.units[index].summary.end;
  }
  std::string path(const std::string& name) const { return data_dir_ + "/" + name; }

  FileSystem& file_system_;
  const std::string data_dir_;
  RepairReport report_;
};

// `name`, with a number behind it if an interrupted repair has taken it.
Result<std::string> Repair::free_name(const std::string& name) const {
  for (int number = 1;; ++number) {
    std::string one = number == 1 ? name : fmt::format("{}-{}", name, number);
    const auto there = file_system_.exists(path(one));
    if (!there) return fail(there.error());
    if (!*there) return one;
  }
}

// The newest segment is copied: the next start cuts it to its end. What else a server
// will write to is removed from its place later (remove_originals()).
Result<void> Repair::keep_originals() {
  for (const std::string directory : {"log", "run"}) {
    const std::string to = path(report_.kept_in) + "/" + directory;
    if (auto done = file_system_.create_directory(to); !done) return done;
    const auto names = file_system_.list(path(directory));
    if (!names) return fail(names.error());
    for (const std::string& name : *names) {
      auto done = keep(directory + "/" + name);
      if (!done) return done;
    }
    if (auto done = file_system_.sync_directory(to); !done) return done;
  }
  auto done = keep("FORMAT");
  if (done) done = file_system_.sync_directory(path(report_.kept_in));
  if (done) done = file_system_.sync_directory(data_dir_);
  return done;
}

Result<void> Repair::keep(const std::string& name) {
  const std::string to = path(report_.kept_in) + "/" + name;
  const auto& units = report_.before.layout.units;
  const bool is_newest = !units.empty() && units.back().name == name &&
                         units.back().kind == StoreUnit::Kind::segment;
  if (!is_newest) return file_system_.link(path(name), to);
  const auto file = units.back().open(file_system_);
  if (!file) return fail(file.error());
  const auto copied = copy_file(file_system_, (*file)->bytes(), to);
  if (!copied) return fail(copied.error());
  return {};
}

// Runs come before all segments: so with a damaged segment those before it become
// runs too.
Result<void> Repair::rewrite_units() {
  const auto& units = report_.before.layout.units;
  size_t rewritten_end = 0;
  for (size_t i = 0; i < units.size(); ++i) {
    if (units[i].kind != StoreUnit::Kind::run && is_damaged(units[i].name))
      rewritten_end = i + 1;
  }
  LogPosition begin =
      units.empty() || !units[0].begin ? LogPosition{} : *units[0].begin;
  for (size_t i = 0; i < units.size(); begin = end_of(i++)) {
    const bool is_run = units[i].kind == StoreUnit::Kind::run;
    if (is_run ? !is_damaged(units[i].name) : i >= rewritten_end) continue;
    if (auto done = rewrite(i, begin, end_of(i)); !done) return done;
    report_.replaced.push_back(units[i].name);
  }
  return {};
}

Result<void> Repair::rewrite(size_t index, LogPosition begin, LogPosition end) {
  const StoreSurvey& before = report_.before;
  const UnitSummary& summary = before.units[index].summary;
  RunHeader header;
  header.range = before.layout.units[index].range;
  header.begin = begin;
  header.end = end;
  header.newest_ms = summary.newest_ms;
  header.next_stream_id = summary.next_stream_id;
  if (index + 1 == before.layout.units.size()) {
    header.next_stream_id = before.next_stream_id + lost_ids_max;
  }
  auto source = salvage_unit(file_system_, before, index, header);
  if (!source) return fail(std::move(source.error()));
  auto writer =
      fold_into_run(**source, {.file_system = file_system_,
                               .directory = path("run"),
                               .salt = random_salt(),
                               .log_end = end_of(before.layout.units.size() - 1),
                               .pace = [](uint64_t) { return Result<void>(); }});
  if (!writer) return fail(std::move(writer.error()));
  return (*writer)->finish();
}

// Segments that runs stand for now, and of what the log has no need of, whatever a
// server would write to, or refuse.
Result<void> Repair::remove_originals() {
  for (const std::string& name : report_.replaced) {
    const auto there = file_system_.exists(path(name));
    if (!there) return fail(there.error());
    if (!*there || name.starts_with("run/")) continue;
    if (auto done = file_system_.remove(path(name)); !done) return done;
  }
  for (const std::string& name : report_.before.layout.unused) {
    if (!is_damaged(name) && !is_written_to(name)) continue;
    if (auto done = file_system_.remove(path(name)); !done) return done;
    if (is_damaged(name)) report_.replaced.push_back(name);
  }
  return file_system_.sync_directory(path("log"));
}

Result<void> Repair::check() {
  auto after = survey_store(file_system_, data_dir_);
  if (!after) return fail(std::move(after.error()));
  report_.after = std::move(*after);
  if (report_.after.is_sound()) return {};
  const Damage& damage = report_.after.damage.front();
  return fail(
      Errc::corruption,
      fmt::format("{}/{}, position {}: still {}; the files as they were are in {}",
                  data_dir_, damage.file, damage.from, damage.what,
                  path(report_.kept_in)));
}

}  // namespace

Result<RepairReport> repair_store(FileSystem& file_system, const std::string& data_dir,
                                  const Clock& clock) {
  return Repair(file_system, data_dir).run(clock);
}

}  // namespace durable_streams::storage
