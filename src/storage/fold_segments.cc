#include <fmt/format.h>

#include <algorithm>

#include "storage/errc.h"
#include "storage/fold_source.h"
#include "storage/segment_scanner.h"

namespace durable_streams::storage {
namespace {

class SegmentsSource final : public FoldSource {
 public:
  explicit SegmentsSource(const SegmentDirectory& directory) : directory_(directory) {}

  Result<void> load(std::span<const SealedSegment> segments) {
    range_.range = {segments.front().number, segments.back().number};
    range_.begin = segments.front().begin;
    range_.end = {segments.back().number, segments.back().end};
    uint64_t log_bytes = 0;
    for (const SealedSegment& segment : segments) {
      log_bytes += segment.end - segment_header_bytes;
      if (auto done = load_one(segment); !done) return done;
    }
    range_.log_kib = kib_of(log_bytes);
    // A stream's records stay in the order of the log.
    std::sort(items_.begin(), items_.end(), [](const Item& one, const Item& other) {
      return std::pair(one.stream_id, one.order) <
             std::pair(other.stream_id, other.order);
    });
    return {};
  }

  const RunHeader& range() const override { return range_; }

  Result<bool> next(StreamFold& fold) override {
    if (next_ == items_.size()) return false;
    const uint64_t id = items_[next_].stream_id;
    fold.begin(id);
    for (; next_ < items_.size() && items_[next_].stream_id == id; ++next_) {
      const Item& item = items_[next_];
      if (item.part == Part::renewal) fold.renew(item.at_ms);
      if (item.part == Part::replaced) fold.replaced(item.at_ms);
      if (item.part != Part::whole) continue;
      const auto bytes = std::string_view(images_[item.image]).substr(item.position);
      const auto record = parse_head(bytes);
      const FoldSourcePlace place{item.image, item.position,
                                  static_cast<uint32_t>(record->size())};
      if (!fold.add(*record, place)) {
        return damage(numbers_[item.image], item.position, "the record makes no sense");
      }
    }
    return true;
  }

  // All were verified when they were loaded.
  Result<std::string_view> read(const DataPiece& piece) override {
    return std::string_view(images_[piece.source])
        .substr(piece.file_position, piece.bytes);
  }

 private:
  // What a record says of a stream: all of it, or in passing.
  enum class Part { whole, renewal, replaced };
  struct Item {
    uint64_t stream_id;
    uint32_t order;
    uint32_t image;
    uint32_t position;
    Part part = Part::whole;
    int64_t at_ms = 0;
  };

  Result<void> load_one(const SealedSegment& sealed) {
    const auto segment = directory_.open(sealed.number);
    if (!segment) return fail(segment.error());
    std::string& image = images_.emplace_back(sealed.end, '\0');
    numbers_.push_back(sealed.number);
    const auto got = (*segment)->file->read_at(0, image.data(), image.size());
    if (!got) return fail(got.error());

    SegmentScanner scanner(std::string_view(image).substr(0, *got), sealed.number,
                           (*segment)->seed);
    while (scanner.position() < sealed.end) {
      const auto record = scanner.next();
      if (!record) {
        return damage(sealed.number, scanner.position(),
                      "bytes that were durable are bad");
      }
      if (record->kind == RecordKind::batch) {
        const BatchHead& batch = scanner.batch();
        range_.newest_ms = std::max(range_.newest_ms, batch.at_ms);
        range_.next_stream_id = std::max(range_.next_stream_id, batch.next_stream_id);
      } else if (record->kind == RecordKind::renew) {
        const auto renewals = parse_renewals(*record);
        if (!renewals) return no_sense(sealed, scanner);
        for (const auto& [stream_id, at_ms] : *renewals)
          add_item(stream_id, scanner, Part::renewal, at_ms);
      } else {
        add_item(record->stream_id, scanner, Part::whole, record->at_ms);
        if (record->kind != RecordKind::create) continue;
        const auto meta = parse_state_meta(*record);
        if (!meta) return no_sense(sealed, scanner);
        if (meta->replaces != 0)
          add_item(meta->replaces, scanner, Part::replaced, record->at_ms);
      }
    }
    return {};
  }

  void add_item(uint64_t stream_id, const SegmentScanner& scanner, Part part,
                int64_t at_ms) {
    items_.push_back({stream_id, static_cast<uint32_t>(items_.size()),
                      static_cast<uint32_t>(images_.size() - 1),
                      scanner.record_position(), part, at_ms});
  }

  tl::unexpected<Error> no_sense(const SealedSegment& sealed,
                                 const SegmentScanner& scanner) const {
    return damage(sealed.number, scanner.record_position(),
                  "the record makes no sense");
  }
  tl::unexpected<Error> damage(uint32_t number, uint32_t position,
                               const char* what) const {
    return fail(
        Errc::corruption,
        fmt::format("{}, position {}: {}", directory_.path_of(number), position, what));
  }

  const SegmentDirectory& directory_;
  RunHeader range_;
  std::vector<std::string> images_;
  std::vector<uint32_t> numbers_;  // Of the images.
  std::vector<Item> items_;
  size_t next_ = 0;
};

}  // namespace

Result<std::unique_ptr<FoldSource>> fold_segments(
    const SegmentDirectory& directory, std::span<const SealedSegment> segments) {
  auto source = std::make_unique<SegmentsSource>(directory);
  if (auto done = source->load(segments); !done) return fail(std::move(done.error()));
  return std::unique_ptr<FoldSource>(std::move(source));
}

}  // namespace durable_streams::storage
