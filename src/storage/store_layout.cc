#include "storage/store_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "storage/data_directory.h"
#include "storage/errc.h"
#include "storage/segment.h"
#include "storage/segment_scanner.h"
#include "storage/segment_survey.h"

namespace durable_streams::storage {
namespace {

// A server that tidies removes a file now and then, not all the time.
constexpr int tries_max = 100;

std::string log_name(uint32_t number) {
  return "log/" + segment_name(number);
}

bool is_missing(const Error& error) {
  return error.code == std::error_code(ENOENT, std::system_category());
}

// The first batch of a segment, if all of it verifies.
Result<std::optional<BatchHead>> read_first_batch(const StoreUnit& segment) {
  auto image =
      read_file_start(*segment.file, segment_header_bytes + batch_record_bytes);
  if (!image) return fail(std::move(image.error()));
  const auto head = batch_at(*image, segment.first, segment.seed, segment_header_bytes);
  if (!head) return std::optional<BatchHead>();
  image = read_file_start(*segment.file, image->size() + head->bytes);
  if (!image) return fail(std::move(image.error()));
  return first_batch(*image, segment.first, segment.seed);
}

// Whether a batch behind bad bytes says that they were durable.
Result<bool> was_durable(const StoreUnit& segment) {
  const auto image = read_file_start(*segment.file, segment.file_bytes);
  if (!image) return fail(image.error());
  SegmentScanner scanner(*image, segment.first, segment.seed);
  while (scanner.next())
    continue;
  return highest_synced_through(*image, segment.first, segment.seed,
                                segment_header_bytes) >
         LogPosition{segment.first, scanner.position()};
}

// One look at the directory.
class LayoutReader {
 public:
  LayoutReader(FileSystem& file_system, const std::string& data_dir)
      : file_system_(file_system), data_dir_(data_dir) {}

  Result<void> list() {
    auto names = file_system_.list(data_dir_ + "/log");
    if (!names) return fail(std::move(names.error()));
    names_ = std::move(*names);
    return {};
  }
  const std::vector<std::string>& names() const { return names_; }

  // False if a file vanished meanwhile.
  Result<bool> open_files();
  Result<void> find_chain();
  StoreLayout take() { return std::move(layout_); }
  // A unit of the chain is not there.
  bool lacks_units() const { return lacks_units_; }

 private:
  struct Candidate {
    StoreUnit unit;
    std::optional<BatchHead> first;
    bool in_chain = false;
  };

  Result<bool> open_segment(uint32_t number);
  Result<size_t> newest() const;
  void add_missing(const LogPosition& end);
  void set_unused(const StoreUnit& unit);
  void add_damage(std::string file, uint64_t position, std::string what) {
    layout_.damage.push_back({std::move(file), position, 0, std::move(what), {}});
  }

  FileSystem& file_system_;
  const std::string& data_dir_;
  std::vector<std::string> names_;
  std::vector<Candidate> candidates_;  // By number.
  StoreLayout layout_;
  bool lacks_units_ = false;
};

Result<bool> LayoutReader::open_files() {
  for (const std::string& name : names_) {
    const auto number = parse_segment_name(name);
    if (!number) {
      layout_.unused.push_back("log/" + name);
      continue;
    }
    const auto opened = open_segment(*number);
    if (!opened || !*opened) return opened;
  }
  return true;
}

Result<bool> LayoutReader::open_segment(uint32_t number) {
  Candidate candidate;
  StoreUnit& unit = candidate.unit;
  unit.first = unit.last = number;
  unit.name = log_name(number);
  auto file = file_system_.open_readable(data_dir_ + "/" + unit.name);
  if (!file && is_missing(file.error())) return false;
  if (!file) return fail(std::move(file.error()));
  unit.file = std::move(*file);
  const auto size = unit.file->size();
  if (!size) return fail(size.error());
  unit.file_bytes = *size;
  const auto bytes = read_file_start(*unit.file, segment_header_used_bytes);
  if (!bytes) return fail(bytes.error());
  const SegmentHeader header = parse_segment_header(*bytes);
  unit.seed = header.seed;
  if (!header.sound || header.number != number) {
    layout_.damage.push_back(
        {unit.name, 0, segment_header_used_bytes, "the header does not verify", {}});
  }
  auto first = read_first_batch(unit);
  if (!first) return fail(std::move(first.error()));
  candidate.first = *first;
  if (candidate.first) unit.begin = candidate.first->continues;
  candidates_.push_back(std::move(candidate));
  return true;
}

// The newest segment of the log; candidates_.size() if there is none.
Result<size_t> LayoutReader::newest() const {
  for (size_t i = candidates_.size(); i-- > 0;) {
    if (candidates_[i].first) return i;
    const auto durable = was_durable(candidates_[i].unit);
    if (!durable) return fail(durable.error());
    if (*durable) return i;
  }
  return candidates_.size();
}

// From the newest back to where the log began, as recovery does, but over what is
// missing too.
Result<void> LayoutReader::find_chain() {
  const auto start = newest();
  if (!start) return fail(start.error());
  std::optional<LogPosition> end;  // Of the unit that is looked for.
  for (size_t i = *start; i < candidates_.size();) {
    Candidate& candidate = candidates_[i];
    candidate.in_chain = true;
    candidate.unit.end = end;
    end = candidate.unit.begin;
    layout_.units.push_back(std::move(candidate.unit));
    if (end && end->segment == 0) break;
    if (end && end->segment >= layout_.units.back().first) {
      add_damage(layout_.units.back().name, segment_header_bytes,
                 "the first batch makes no sense");
      end.reset();
    }
    // Its number is known, unless the place that tells it is damaged.
    while (i-- > 0) {
      if (!end || candidates_[i].unit.first <= end->segment) break;
    }
    const bool found = i < candidates_.size();
    if (end && (!found || candidates_[i].unit.first != end->segment)) {
      add_missing(*end);
      end.reset();
    }
  }
  std::reverse(layout_.units.begin(), layout_.units.end());
  for (const Candidate& candidate : candidates_) {
    if (!candidate.in_chain) set_unused(candidate.unit);
  }
  return {};
}

void LayoutReader::add_missing(const LogPosition& end) {
  StoreUnit unit;
  unit.kind = StoreUnit::Kind::missing;
  unit.first = unit.last = end.segment;
  unit.name = log_name(end.segment);
  unit.end = end;
  add_damage(unit.name, 0, "the file is missing");
  layout_.units.push_back(std::move(unit));
  lacks_units_ = true;
}

void LayoutReader::set_unused(const StoreUnit& unit) {
  layout_.unused.push_back(unit.name);
  layout_.unused_bytes += unit.file_bytes;
}

// Where the last piece ends that verifies.
uint32_t last_good_end(std::string_view image, const StoreUnit& segment) {
  // A batch record may end in zeros.
  image = image.substr(0, used_end(image) + batch_record_bytes);
  SegmentSurvey survey(image, segment.first, segment.seed);
  uint32_t end = segment_header_bytes;
  while (const auto piece = survey.next()) {
    if (piece->kind != SurveyedPiece::Kind::bad) end = piece->to;
  }
  return end;
}

}  // namespace

Result<std::string> read_file_start(const ReadableFile& file, uint64_t size) {
  const auto size_now = file.size();
  if (!size_now) return fail(size_now.error());
  std::string bytes(std::min(size, *size_now), '\0');
  const auto got = file.read_at(0, bytes.data(), bytes.size());
  if (!got) return fail(got.error());
  bytes.resize(*got);
  return bytes;
}

Result<StoreLayout> read_layout(FileSystem& file_system, const std::string& data_dir) {
  const auto version = read_format_version(file_system, data_dir);
  if (!version) return fail(version.error());
  std::vector<std::string> names_before;
  for (int tries = 1;; ++tries) {
    LayoutReader reader(file_system, data_dir);
    if (auto done = reader.list(); !done) return fail(std::move(done.error()));
    const auto opened = reader.open_files();
    if (!opened) return fail(opened.error());
    if (*opened) {
      if (auto done = reader.find_chain(); !done) return fail(std::move(done.error()));
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

Result<SegmentImage> read_segment(const StoreUnit& segment) {
  const uint64_t wanted = segment.end ? segment.end->position : segment.file_bytes;
  auto bytes = read_file_start(*segment.file, wanted);
  if (!bytes) return fail(std::move(bytes.error()));
  SegmentImage image{std::move(*bytes), 0};
  if (segment.end) return image;

  // A batch that a server was writing while it was read is whole by the time that
  // a later one is seen, because batches are written one after the other. So a bad
  // byte before such a one is looked at again.
  for (uint32_t looked_at = 0;;) {
    SegmentScanner scanner(image.bytes, segment.first, segment.seed);
    uint32_t whole_end = segment_header_bytes;
    while (scanner.next()) {
      if (scanner.batch_records_left() == 0) whole_end = scanner.position();
    }
    const uint32_t bad = scanner.position();
    const LogPosition durable =
        highest_synced_through(image.bytes, segment.first, segment.seed, bad);
    const bool is_damaged = durable > LogPosition{segment.first, bad};
    if (!is_damaged || bad == looked_at) {
      const uint32_t used = used_end(image.bytes);
      const uint32_t end =
          is_damaged ? std::max(durable.position, last_good_end(image.bytes, segment))
                     : whole_end;
      image.torn_bytes = used > end ? used - end : 0;
      image.bytes.resize(end);
      return image;
    }
    looked_at = bad;
    const auto got =
        segment.file->read_at(bad, image.bytes.data() + bad, image.bytes.size() - bad);
    if (!got) return fail(got.error());
  }
}

}  // namespace durable_streams::storage
