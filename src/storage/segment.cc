#include "storage/segment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/crc32c.h"
#include "storage/errc.h"
#include "storage/wire.h"

namespace durable_streams::storage {
namespace {

constexpr std::string_view magic = "dstream\n";
constexpr uint32_t format_version = 1;
constexpr std::string_view suffix = ".log";

// magic:8 version:4 number:4 salt:8 crc:4
constexpr size_t header_bytes = segment_header_used_bytes;
using Header = std::array<char, header_bytes>;

Header make_header(uint32_t number, uint64_t salt) {
  Header header{};
  magic.copy(header.data(), magic.size());
  wire::put_fixed(header.data() + 8, format_version);
  wire::put_fixed(header.data() + 12, number);
  wire::put_fixed(header.data() + 16, salt);
  wire::put_fixed(header.data() + 24, crc32c({header.data(), 24}));
  return header;
}

// Number and salt are what the seed is made of.
uint32_t seed_of(const Header& header) {
  return crc32c({header.data() + 12, 12});
}

}  // namespace

std::string segment_name(uint32_t number) {
  return fmt::format("{:010}{}", number, suffix);
}

std::optional<uint32_t> parse_segment_name(std::string_view name) {
  if (!name.ends_with(suffix)) return std::nullopt;
  const std::string_view digits = name.substr(0, name.size() - suffix.size());
  uint32_t number = 0;
  const auto parsed =
      std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (parsed.ec != std::errc() || segment_name(number) != name) return std::nullopt;
  return number;
}

SegmentHeader parse_segment_header(std::string_view bytes) {
  Header header{};
  bytes.copy(header.data(), header.size());
  const char* const at = header.data();
  SegmentHeader parsed;
  parsed.version = wire::get_fixed<uint32_t>(at + 8);
  parsed.number = wire::get_fixed<uint32_t>(at + 12);
  parsed.seed = seed_of(header);
  parsed.sound = bytes.starts_with(magic) &&
                 wire::get_fixed<uint32_t>(at + 24) == crc32c({at, 24});
  return parsed;
}

SegmentDirectory::SegmentDirectory(FileSystem& file_system, std::string path,
                                   uint64_t (*salt_source)())
    : file_system_(file_system), path_(std::move(path)), salt_source_(salt_source) {}

Result<SegmentPtr> SegmentDirectory::create(uint32_t number, uint64_t capacity) {
  const std::string path = path_of(number) + std::string(unfinished_suffix);
  auto file = create_anew(file_system_, path);
  if (!file) return fail(std::move(file.error()));
  if (auto filled = (*file)->fill_zero(capacity); !filled) {
    // What a full disk took of it would keep the disk full.
    (void)file_system_.remove(path);
    return fail(std::move(filled.error()));
  }
  return finish(std::move(*file), number);
}

Result<SegmentPtr> SegmentDirectory::adopt(const std::string& zeros, uint32_t number) {
  const std::string path = path_of(number) + std::string(unfinished_suffix);
  if (auto renamed = file_system_.rename(zeros, path); !renamed) {
    return fail(std::move(renamed.error()));
  }
  auto file = file_system_.open_writable(path, OpenMode::read_write);
  if (!file) return fail(std::move(file.error()));
  return finish(std::move(*file), number);
}

// Writes the header into a file full of zeros, and gives it its name.
Result<SegmentPtr> SegmentDirectory::finish(std::unique_ptr<WritableFile> file,
                                            uint32_t number) {
  const std::string final_path = path_of(number);
  const std::string path = final_path + std::string(unfinished_suffix);
  const Header header = make_header(number, salt_source_());
  const std::string_view bytes(header.data(), header.size());
  const auto capacity = file->size();
  Result<void> done = file->write_at(0, {&bytes, 1});
  if (done) done = file->sync();
  if (done) done = file_system_.rename(path, final_path);
  if (done) done = file_system_.sync_directory(path_);
  if (done && !capacity) done = fail(capacity.error());
  if (!done) {
    (void)file_system_.remove(path);
    return fail(std::move(done.error()));
  }
  auto segment = std::make_shared<Segment>();
  segment->number = number;
  segment->seed = seed_of(header);
  segment->capacity = *capacity;
  segment->file = std::move(file);
  return segment;
}

Result<SegmentPtr> SegmentDirectory::open(uint32_t number) const {
  const std::string path = path_of(number);
  auto file = file_system_.open_writable(path, OpenMode::read_write);
  if (!file) return fail(std::move(file.error()));
  const auto size = (*file)->size();
  if (!size) return fail(size.error());

  Header bytes{};
  const auto got = (*file)->read_at(0, bytes.data(), bytes.size());
  if (!got) return fail(got.error());
  const SegmentHeader header = parse_segment_header({bytes.data(), *got});
  if (!header.sound) {
    return fail(Errc::corruption, path + ", position 0: the header does not verify");
  }
  if (header.version > format_version) return fail(Errc::unsupported_format, path);
  if (header.number != number) {
    return fail(Errc::corruption, path + ", position 0: the header has another number");
  }
  auto segment = std::make_shared<Segment>();
  segment->number = number;
  segment->seed = header.seed;
  segment->capacity = *size;
  segment->file = std::move(*file);
  return segment;
}

Result<void> SegmentDirectory::extend(Segment& segment, uint64_t capacity) {
  Result<void> done = segment.file->fill_zero(capacity);
  if (done) done = segment.file->sync();
  if (!done) {
    (void)segment.file->truncate(segment.capacity);
    return done;
  }
  segment.capacity = std::max(segment.capacity, capacity);
  return {};
}

Result<void> SegmentDirectory::remove(uint32_t number) {
  return file_system_.remove(path_of(number));
}

}  // namespace durable_streams::storage
