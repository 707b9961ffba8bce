#include "storage/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "storage/errc.h"
#include "storage/segment_scanner.h"

namespace durable_streams::storage {
namespace {

// A segment that exists, and its first batch if the segment can be part of the
// chain.
struct Candidate {
  uint32_t number = 0;
  std::optional<BatchHead> first;
};

Result<std::string> read_image(const Segment& segment, uint64_t size) {
  std::string image(std::min(size, segment.capacity), '\0');
  const auto got = segment.file->read_at(0, image.data(), image.size());
  if (!got) return fail(got.error());
  image.resize(*got);
  return image;
}

Result<std::optional<BatchHead>> read_first_batch(const Segment& segment) {
  auto image = read_image(segment, segment_header_bytes + batch_record_bytes);
  if (!image) return fail(std::move(image.error()));
  SegmentScanner scanner(*image, segment.number, segment.seed);
  if (!scanner.next()) return std::optional<BatchHead>();
  image = read_image(segment, image->size() + scanner.batch().bytes);
  if (!image) return fail(std::move(image.error()));
  return first_batch(*image, segment.number, segment.seed);
}

// One recovery; its steps in the order of recover().
class Recovery {
 public:
  Recovery(SegmentDirectory& directory, LogPosition covered, const RecordSink& sink)
      : directory_(directory), covered_(covered), sink_(sink) {}

  Result<RecoveredLog> run() {
    for (const auto step :
         {&Recovery::open_segments, &Recovery::find_chain, &Recovery::look_at_newer,
          &Recovery::replay_sealed, &Recovery::replay_newest}) {
      if (auto done = (this->*step)(); !done) return fail(std::move(done.error()));
    }
    log_.report.segments = static_cast<uint32_t>(log_.chain.size());
    return std::move(log_);
  }

 private:
  Result<void> open_segments();
  Result<void> find_chain();
  Result<void> look_at_newer();
  Result<void> replay_sealed();
  Result<void> replay_newest();

  Result<void> replay(const Segment& segment, std::string_view image, uint32_t end);
  void collect_survivors(const Segment& segment, std::string_view image, uint32_t from);
  void keep(const Segment& segment, LogPosition begin, uint32_t end);
  void note_batch(const BatchHead& batch);
  tl::unexpected<Error> damage(uint32_t segment, uint32_t position,
                               const char* what) const;

  SegmentDirectory& directory_;
  const LogPosition covered_;
  const RecordSink& sink_;
  std::vector<Candidate> candidates_;  // By number.
  std::vector<Candidate> chain_;       // By number; the last is the newest.
  LogPosition synced_through_;         // The highest that any batch tells of.
  RecoveredLog log_;
};

Result<void> Recovery::open_segments() {
  log_.next_segment = covered_.segment + 1;
  const auto names = directory_.file_system().list(directory_.path());
  if (!names) return fail(names.error());
  for (const std::string& name : *names) {
    if (name.ends_with(unfinished_suffix)) {
      const auto removed =
          directory_.file_system().remove(directory_.path() + "/" + name);
      if (!removed) return fail(removed.error());
    }
    const auto number = parse_segment_name(name);
    if (!number) continue;
    log_.next_segment = std::max(log_.next_segment, *number + 1);
    if (*number <= covered_.segment) {
      log_.dead.push_back(*number);
      continue;
    }
    auto segment = directory_.open(*number);
    if (!segment) return fail(std::move(segment.error()));
    auto first = read_first_batch(**segment);
    if (!first) return fail(std::move(first.error()));
    candidates_.push_back({*number, *first});
  }
  return {};
}

// From the newest segment with a whole first batch back to where the log began, or
// where the runs end.
Result<void> Recovery::find_chain() {
  auto candidate =
      std::find_if(candidates_.rbegin(), candidates_.rend(),
                   [](const Candidate& one) { return one.first.has_value(); });
  if (candidate == candidates_.rend()) return {};
  for (;;) {
    chain_.insert(chain_.begin(), *candidate);
    const uint32_t number = candidate->number;
    const LogPosition continues = candidate->first->continues;
    const uint32_t before = continues.segment;
    if (before >= number) {
      return damage(number, segment_header_bytes, "the first batch makes no sense");
    }
    // What lies between is what an interrupted recovery has left.
    for (++candidate; candidate != candidates_.rend() && candidate->number > before;
         ++candidate) {
      log_.dead.push_back(candidate->number);
    }
    if (before <= covered_.segment) {
      if (continues == covered_) return {};
      if (before < covered_.segment) {
        return damage(number, segment_header_bytes,
                      "the first batch does not continue the newest run");
      }
      return damage(number, segment_header_bytes,
                    "the newest run ends elsewhere than the log goes on");
    }
    if (candidate == candidates_.rend() || candidate->number != before) {
      return damage(before, 0, "the file is missing");
    }
    if (!candidate->first) {
      return damage(before, segment_header_bytes, "the first batch does not verify");
    }
  }
}

// Segments behind the chain: made ahead, or torn in their first batch.
Result<void> Recovery::look_at_newer() {
  const uint32_t newest = chain_.empty() ? 0 : chain_.back().number;
  for (const Candidate& candidate : candidates_) {
    if (candidate.number <= newest) continue;
    const auto opened = directory_.open(candidate.number);
    if (!opened) return fail(opened.error());
    const Segment& segment = **opened;
    const auto image = read_image(segment, segment.capacity);
    if (!image) return fail(image.error());

    SegmentScanner scanner(*image, segment.number, segment.seed);
    while (scanner.next())
      continue;
    const LogPosition known = highest_synced_through(
        *image, segment.number, segment.seed, segment_header_bytes);
    if (known > LogPosition{segment.number, scanner.position()}) {
      return damage(segment.number, scanner.position(),
                    "the first batch does not verify");
    }
    synced_through_ = std::max(synced_through_, known);

    const uint32_t used = used_end(*image);
    const bool last = candidate.number == candidates_.back().number;
    if (used <= segment_header_bytes && last) {
      log_.ready = *opened;
      continue;
    }
    log_.dead.push_back(segment.number);
    if (used > segment_header_bytes)
      log_.report.torn_bytes += used - segment_header_bytes;
  }
  return {};
}

// All of the chain but its newest segment: no byte may be bad.
Result<void> Recovery::replay_sealed() {
  for (size_t i = 0; i + 1 < chain_.size(); ++i) {
    const auto segment = directory_.open(chain_[i].number);
    if (!segment) return fail(segment.error());
    const uint32_t end = chain_[i + 1].first->continues.position;
    const auto image = read_image(**segment, end);
    if (!image) return fail(image.error());
    if (auto done = replay(**segment, *image, end); !done) return done;
    keep(**segment, chain_[i].first->continues, end);
  }
  return {};
}

Result<void> Recovery::replay_newest() {
  if (chain_.empty()) {
    if (synced_through_ > covered_) {
      return damage(synced_through_.segment, 0, "the file is missing");
    }
    log_.end = covered_;
    return {};
  }
  const auto opened = directory_.open(chain_.back().number);
  if (!opened) return fail(opened.error());
  const SegmentPtr& segment = *opened;
  const auto image = read_image(*segment, segment->capacity);
  if (!image) return fail(image.error());

  SegmentScanner scanner(*image, segment->number, segment->seed);
  bool durable_records = false;
  uint32_t last_record = 0;
  while (const auto record = scanner.next()) {
    synced_through_ = std::max(synced_through_, scanner.batch().synced_through);
    if (record->kind == RecordKind::batch) {
      note_batch(scanner.batch());
    } else {
      last_record = scanner.record_position();
    }
  }
  synced_through_ = std::max(
      synced_through_, highest_synced_through(*image, segment->number, segment->seed,
                                              scanner.position()));
  if (synced_through_ > LogPosition{segment->number, scanner.position()}) {
    return damage(segment->number, scanner.position(),
                  "bytes that were durable are bad");
  }
  const uint32_t used = used_end(*image);
  if (used > scanner.position()) {
    log_.report.torn_bytes += used - scanner.position();
    log_.report.torn_records = scanner.batch_records_left();
  }

  // The first batch knows that what it continues is durable.
  const LogPosition continues = chain_.back().first->continues;
  if (synced_through_ < continues) {
    return damage(segment->number, segment_header_bytes,
                  "the first batch makes no sense");
  }
  const bool begun = synced_through_.segment == segment->number;
  const uint32_t durable_end = begun ? synced_through_.position : segment_header_bytes;
  SegmentScanner first_records(*image, segment->number, segment->seed);
  while (const auto record = first_records.next()) {
    if (first_records.record_position() >= durable_end) break;
    durable_records = durable_records || record->kind != RecordKind::batch;
  }
  if (durable_records) {
    if (auto done = replay(*segment, *image, durable_end); !done) return done;
    keep(*segment, continues, durable_end);
  } else {
    log_.end = continues;  // Nothing in it is needed: it leaves the chain.
    log_.dead.push_back(segment->number);
  }
  if (last_record >= durable_end) collect_survivors(*segment, *image, durable_end);
  return {};
}

// Gives the records below `end` to the sink.
Result<void> Recovery::replay(const Segment& segment, std::string_view image,
                              uint32_t end) {
  SegmentScanner scanner(image, segment.number, segment.seed);
  uint32_t last_record_end = 0;
  while (scanner.position() < end) {
    const auto record = scanner.next();
    if (!record) {
      return damage(segment.number, scanner.position(),
                    "bytes that were durable are bad");
    }
    if (record->kind == RecordKind::batch) {
      note_batch(scanner.batch());
      continue;
    }
    RecordPlace place;
    place.segment = segment.number;
    place.position = scanner.record_position();
    place.bytes = static_cast<uint32_t>(record->size());
    place.data_bytes = record->data_bytes;
    place.previous_end = last_record_end;
    last_record_end = scanner.position();
    if (!sink_(*record, place)) {
      return damage(segment.number, place.position, "the record makes no sense");
    }
    ++log_.report.records;
  }
  return {};
}

void Recovery::collect_survivors(const Segment& segment, std::string_view image,
                                 uint32_t from) {
  SegmentScanner scanner(image, segment.number, segment.seed);
  while (const auto record = scanner.next()) {
    if (scanner.record_position() < from || record->kind == RecordKind::batch) continue;
    log_.survivors.emplace_back(
        image.substr(scanner.record_position(), record->size()));
  }
  log_.report.copied_records = log_.survivors.size();
}

// It belongs to the log, up to `end`.
void Recovery::keep(const Segment& segment, LogPosition begin, uint32_t end) {
  if (segment.capacity > end) log_.to_cut.emplace_back(segment.number, end);
  log_.chain.push_back({{segment.number, begin, end}, segment.seed});
  log_.end = {segment.number, end};
}

void Recovery::note_batch(const BatchHead& batch) {
  log_.newest_stream_ms = std::max(log_.newest_stream_ms, batch.at_ms);
  log_.next_stream_id = std::max(log_.next_stream_id, batch.next_stream_id);
}

tl::unexpected<Error> Recovery::damage(uint32_t segment, uint32_t position,
                                       const char* what) const {
  return fail(
      Errc::corruption,
      fmt::format("{}, position {}: {}", directory_.path_of(segment), position, what));
}

}  // namespace

Result<RecoveredLog> recover(SegmentDirectory& directory, LogPosition covered,
                             const RecordSink& sink) {
  return Recovery(directory, covered, sink).run();
}

}  // namespace durable_streams::storage
