#include "storage/tidier.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/assert.h"
#include "storage/errc.h"
#include "storage/log_stream.h"

namespace durable_streams::storage {
namespace {

// How long a step's failure is left alone, and how often dead bytes are looked for.
constexpr std::chrono::seconds retry_interval{5};
constexpr std::chrono::seconds look_interval{1};

// Below the threads that answer requests.
constexpr int nice_value = 10;

bool is_stop(const Error& error) {
  return error.code == std::error_code(ECANCELED, std::system_category());
}

}  // namespace

Tidier::Tidier(TidyOptions options, FileSystem& file_system, std::string directory,
               SegmentDirectory& segments, LogFiles& files, StreamTable& table,
               uint64_t (*salt_source)(), LogEnd log_end,
               std::vector<TidySource> sources)
    : options_(std::move(options)),
      file_system_(file_system),
      directory_(std::move(directory)),
      segments_(segments),
      files_(files),
      table_(table),
      salt_source_(salt_source),
      log_end_(std::move(log_end)),
      sources_(std::move(sources)) {}

void Tidier::add_sealed(const SealedSegment& segment) {
  const std::lock_guard lock(mutex_);
  DS_ASSERT(sources_.empty() || sources_.back().end == segment.begin);
  TidySource source;
  source.range = {segment.number, segment.number};
  source.begin = segment.begin;
  source.end = {segment.number, segment.end};
  source.bytes = segment.end;
  source.id = segment.number;
  sources_.push_back(source);
  changed_.notify_all();
}

Result<bool> Tidier::step() {
  if (broken_) return false;
  const auto job = next_job();
  if (!job) return false;
  auto done = job->kind == TidyJob::Kind::fold ? fold(*job) : merge(*job);
  if (done) return true;
  if (done.error().code == Errc::corruption) leave_alone(*job);
  return fail(std::move(done.error()));
}

std::optional<Tidier::Job> Tidier::next_job() const {
  const std::lock_guard lock(mutex_);
  // A damaged file parts those before it from those behind it.
  for (auto begin = sources_.begin(); begin != sources_.end();) {
    const auto end = std::find_if(begin, sources_.end(),
                                  [](const TidySource& one) { return one.damaged; });
    // A run cannot come behind a segment.
    const bool behind_segment =
        begin != sources_.begin() && !std::prev(begin)->is_run();
    std::vector<TidyFile> files;
    for (auto source = begin; source != end; ++source) {
      const LogFilePtr info = source->is_run() ? files_.find(source->id) : nullptr;
      const uint64_t live = info ? info->live_bytes.load() : 0;
      files.push_back({source->is_run(), source->bytes,
                       source->record_bytes - std::min(source->record_bytes, live)});
    }
    const auto chosen = choose_tidy_job(files, options_.rules);
    if (chosen && !behind_segment) {
      const auto first = begin + static_cast<std::ptrdiff_t>(chosen->first);
      return Job{chosen->kind,
                 {first, first + static_cast<std::ptrdiff_t>(chosen->count)}};
    }
    begin = end == sources_.end() ? end : end + 1;
  }
  return std::nullopt;
}

Result<void> Tidier::fold(const Job& job) {
  std::vector<SealedSegment> segments;
  for (const TidySource& source : job.sources)
    segments.push_back({source.range.first, source.begin, source.end.position});
  const auto source = fold_segments(segments_, segments);
  if (!source) return fail(source.error());
  return make_run(job, **source, nullptr);
}

Result<void> Tidier::merge(const Job& job) {
  std::vector<RunFile> runs;
  for (const TidySource& source : job.sources) {
    auto run = RunFile::open(file_system_, directory_ + "/" + run_name(source.range),
                             source.range);
    if (!run) return fail(std::move(run.error()));
    runs.push_back(std::move(*run));
  }
  const std::vector<uint64_t> live = live_streams();
  return make_run(job, *fold_runs(runs), &live);
}

// Writes the run, publishes it and retires the sources.
Result<void> Tidier::make_run(const Job& job, FoldSource& source,
                              const std::vector<uint64_t>* live) {
  // The end of the log is looked at after the streams: they are no newer.
  const auto run =
      fold_into_run(source, {file_system_, directory_, salt_source_(), log_end_(), live,
                             [this](uint64_t bytes) { return pace(bytes); }});
  if (!run) return fail(run.error());
  // A run that is written anew takes the name of the old one: who still has to read
  // from that one does so by a descriptor of before.
  if (job.kind == TidyJob::Kind::rewrite) {
    if (auto done = files_.pin(job.sources.front().id); !done) return done;
  }
  if (auto done = (*run)->finish(); !done) {
    broken_ = (*run)->may_be_there();
    return done;
  }
  replace(job, publish(**run));
  return {};
}

std::vector<uint64_t> Tidier::live_streams() {
  std::vector<uint64_t> ids;
  table_.for_each_life([&ids](StreamEntry& stream) {
    if (stream.durable_exists) ids.push_back(stream.stream_id());
  });
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

// From now on the streams' bytes are read from the run.
TidySource Tidier::publish(RunWriter& run) {
  const RunHeader& header = run.header();
  const uint32_t id =
      files_.add_run(directory_ + "/" + run_name(header.range), header.seed());
  const LogFilePtr file = files_.find(id);
  RunContents& contents = run.contents();
  for (Extent& extent : contents.extents)
    extent.segment = id;
  boost::unordered_flat_map<uint64_t, const RunStream*> by_id;
  by_id.reserve(contents.streams.size());
  for (const RunStream& stream : contents.streams)
    by_id.emplace(stream.stream_id, &stream);

  table_.for_each_life([&](StreamEntry& entry) {
    const auto found = by_id.find(entry.stream_id());
    if (found == by_id.end() || !entry.durable_exists) return;
    const RunStream& stream = *found->second;
    by_id.erase(found);  // It may be met again.
    const std::span<const Extent> extents = contents.extents_of(stream);
    static_cast<LogStream&>(entry).extents.replace(stream.data_begin, stream.data_end,
                                                   extents);
    for (const Extent& extent : extents)
      file->live_bytes += extent.file_bytes;
  });

  TidySource source;
  source.range = header.range;
  source.begin = header.begin;
  source.end = header.end;
  source.bytes = run.file_bytes();
  source.record_bytes = run.record_bytes();
  source.id = id;
  return source;
}

// The sources are no longer needed.
void Tidier::replace(const Job& job, const TidySource& by) {
  {
    const std::lock_guard lock(mutex_);
    const auto first = std::find_if(
        sources_.begin(), sources_.end(),
        [&](const TidySource& one) { return one.id == job.sources.front().id; });
    const auto count = static_cast<std::ptrdiff_t>(job.sources.size());
    *first = by;
    sources_.erase(first + 1, first + count);
  }
  for (const TidySource& source : job.sources) {
    files_.retire(source.id);
    // Left over, it is removed at the next start.
    if (!source.is_run()) {
      (void)segments_.remove(source.range.first);
    } else if (source.range != by.range) {
      (void)file_system_.remove(directory_ + "/" + run_name(source.range));
    }
  }
}

void Tidier::leave_alone(const Job& job) {
  const std::lock_guard lock(mutex_);
  for (TidySource& one : sources_) {
    for (const TidySource& source : job.sources)
      one.damaged = one.damaged || one.id == source.id;
  }
}

uint64_t Tidier::debt_bytes() const {
  const std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  for (const TidySource& source : sources_) {
    if (!source.is_run()) bytes += source.bytes;
  }
  return bytes;
}

Result<void> Tidier::pace(uint64_t bytes) {
  if (!paced_) return {};
  const double hurry =
      std::max(1.0, static_cast<double>(debt_bytes()) /
                        (4.0 * static_cast<double>(options_.rules.fold_bytes)));
  const std::chrono::duration<double> rest(
      static_cast<double>(bytes) /
      (hurry * static_cast<double>(options_.bytes_per_second)));
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, rest, [this] { return stopped_; })) {
    return fail(system_error(ECANCELED, "tidy"));
  }
  return {};
}

void Tidier::start() {
  if (!options_.enabled) return;
  paced_ = true;
  thread_ = std::thread([this] { run(); });
}

void Tidier::run() {
  // Of this thread alone, on Linux. In vain, it is only less polite.
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), nice_value);
  for (;;) {
    const auto done = step();
    if (!done && !is_stop(done.error()) && options_.failed)
      options_.failed(done.error());
    std::unique_lock lock(mutex_);
    if (done && *done) {
      if (stopped_) return;
      continue;
    }
    const size_t known = sources_.size();
    changed_.wait_for(lock, done ? look_interval : retry_interval,
                      [&] { return stopped_ || (done && sources_.size() != known); });
    if (stopped_) return;
  }
}

void Tidier::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace durable_streams::storage
