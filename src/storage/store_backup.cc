#include "storage/store_backup.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <set>
#include <utility>

#include "storage/data_directory.h"
#include "storage/errc.h"

namespace durable_streams::storage {
namespace {

// The log rolls every 64 MiB; making links takes milliseconds.
constexpr int tries_max = 100;

// Longer than any FORMAT.
constexpr uint64_t format_bytes_max = 1024;

// Those of a data directory that files are in.
constexpr std::array directories{"log", "run"};

bool has_code(const Error& error, int error_number) {
  return error.code == std::error_code(error_number, std::system_category());
}

// No hard links from there to here.
bool cannot_link(const Error& error) {
  return has_code(error, EXDEV) || has_code(error, EPERM) || has_code(error, EMLINK) ||
         has_code(error, ENOTSUP);
}

class Backup {
 public:
  Backup(FileSystem& file_system, std::string data_dir, std::string to,
         const BackupOptions& options)
      : file_system_(file_system),
        data_dir_(std::move(data_dir)),
        to_(std::move(to)),
        links_(!options.copy_all) {}

  Result<BackupReport> run() {
    for (const auto step :
         {&Backup::make_directories, &Backup::take_files, &Backup::copy_files,
          &Backup::remove_superseded, &Backup::finish, &Backup::check}) {
      if (auto done = (this->*step)(); !done) return fail(std::move(done.error()));
    }
    return std::move(report_);
  }

 private:
  Result<void> make_directories();
  Result<void> take_files();
  Result<void> copy_files();
  Result<void> remove_superseded();
  Result<void> finish();
  Result<void> check();

  Result<bool> link_sealed();
  Result<void> copy(const StoreUnit& unit);
  Result<void> write(const std::string& name, std::string_view bytes);
  std::string target(const std::string& name) const { return to_ + "/" + name; }

  FileSystem& file_system_;
  const std::string data_dir_;
  const std::string to_;
  bool links_;
  StoreLayout layout_;
  std::set<std::string> linked_;
  BackupReport report_;
};

Result<void> Backup::make_directories() {
  const auto there = file_system_.exists(to_);
  if (!there) return fail(there.error());
  if (*there) {
    const auto names = file_system_.list(to_);
    if (!names) return fail(names.error());
    if (!names->empty()) {
      return fail(system_error(EEXIST, to_ + " has something in it already"));
    }
  }
  if (auto made = create_directories(file_system_, to_); !made) return made;
  for (const std::string directory : directories) {
    auto made = file_system_.create_directory(target(directory));
    if (!made) return made;
  }
  return {};
}

// The files that are the log at one moment, which comes before this returns: open,
// and those that are sealed linked.
//
// A run leaves out what had ended when it was written. The ends are in the log
// then; so the newest segment must be read after the last run was linked, and
// still be the newest then.
Result<void> Backup::take_files() {
  for (int tries = 0; tries < tries_max; ++tries) {
    auto layout = read_layout(file_system_, data_dir_);
    if (!layout) return fail(std::move(layout.error()));
    layout_ = std::move(*layout);
    if (!layout_.damage.empty()) {
      const Damage& damage = layout_.damage.front();
      return fail(Errc::corruption,
                  fmt::format("{}/{}: {}", data_dir_, damage.file, damage.what));
    }
    if (layout_.units.empty()) return {};
    const auto linked = link_sealed();
    if (!linked) return fail(linked.error());
    if (!*linked) continue;
    const auto now = read_layout(file_system_, data_dir_);
    if (!now) return fail(now.error());
    if (!now->units.empty() && now->units.back().name == layout_.units.back().name) {
      return {};
    }
  }
  return fail(system_error(EBUSY, data_dir_ + ": its files change all the time"));
}

// False if a file vanished meanwhile.
Result<bool> Backup::link_sealed() {
  for (size_t i = 0; links_ && i + 1 < layout_.units.size(); ++i) {
    const std::string& name = layout_.units[i].name;
    if (linked_.contains(name)) continue;
    const auto linked = file_system_.link(data_dir_ + "/" + name, target(name));
    if (linked) {
      linked_.insert(name);
    } else if (has_code(linked.error(), ENOENT)) {
      return false;
    } else if (cannot_link(linked.error())) {
      links_ = false;
    } else {
      return fail(linked.error());
    }
  }
  return true;
}

// All that is not linked, from the files that are open.
Result<void> Backup::copy_files() {
  for (size_t i = 0; i < layout_.units.size(); ++i) {
    const StoreUnit& unit = layout_.units[i];
    if (linked_.contains(unit.name)) {
      ++report_.linked_files;
      continue;
    }
    if (auto done = copy(unit); !done) return done;
    ++report_.copied_files;
  }
  return {};
}

Result<void> Backup::copy(const StoreUnit& unit) {
  if (&unit == &layout_.units.back() && unit.kind == StoreUnit::Kind::segment) {
    const auto image = read_segment(unit, unit.kept->bytes());
    if (!image) return fail(image.error());
    return write(unit.name, image->bytes);
  }
  const auto copied = copy_file(file_system_, unit.kept->bytes(), target(unit.name));
  if (!copied) return fail(copied.error());
  report_.copied_bytes += *copied;
  return {};
}

Result<void> Backup::write(const std::string& name, std::string_view bytes) {
  auto file = file_system_.open_writable(target(name), OpenMode::create);
  if (!file) return fail(std::move(file.error()));
  report_.copied_bytes += bytes.size();
  if (auto done = (*file)->write_at(0, {&bytes, 1}); !done) return done;
  return (*file)->sync();
}

// Links of a try before the last, whose files a run has replaced since.
Result<void> Backup::remove_superseded() {
  for (const StoreUnit& unit : layout_.units)
    linked_.erase(unit.name);
  for (const std::string& name : linked_) {
    if (auto done = file_system_.remove(target(name)); !done) return done;
  }
  return {};
}

Result<void> Backup::finish() {
  for (const std::string directory : directories) {
    auto done = file_system_.sync_directory(target(directory));
    if (!done) return done;
  }
  const auto format = file_system_.open_readable(data_dir_ + "/FORMAT");
  if (!format) return fail(format.error());
  const auto text = read_file_start(**format, format_bytes_max);
  if (!text) return fail(text.error());
  if (auto done = write("FORMAT.new", *text); !done) return done;
  auto done = file_system_.rename(target("FORMAT.new"), target("FORMAT"));
  if (done) done = file_system_.sync_directory(to_);
  return done;
}

Result<void> Backup::check() {
  auto survey = survey_store(file_system_, to_);
  if (!survey) return fail(std::move(survey.error()));
  report_.survey = std::move(*survey);
  if (report_.survey.is_sound()) return {};
  const Damage& damage = report_.survey.damage.front();
  (void)file_system_.remove(target("FORMAT"));  // Nobody shall start on it.
  return fail(Errc::corruption, fmt::format("{}/{}, position {}: {}", to_, damage.file,
                                            damage.from, damage.what));
}

}  // namespace

Result<BackupReport> backup_store(FileSystem& file_system, const std::string& data_dir,
                                  const std::string& to, const BackupOptions& options) {
  return Backup(file_system, data_dir, to, options).run();
}

}  // namespace durable_streams::storage
