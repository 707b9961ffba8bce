#include "storage/fold_run.h"

#include <utility>

namespace durable_streams::storage {
namespace {

// Asked about ids that ascend.
class LiveIds {
 public:
  explicit LiveIds(const std::vector<uint64_t>* ids) : ids_(ids) {}

  bool contains(uint64_t id) {
    if (ids_ == nullptr) return true;
    while (next_ < ids_->size() && (*ids_)[next_] < id)
      ++next_;
    return next_ < ids_->size() && (*ids_)[next_] == id;
  }

 private:
  const std::vector<uint64_t>* const ids_;
  size_t next_ = 0;
};

}  // namespace

Result<std::unique_ptr<RunWriter>> fold_into_run(FoldSource& source,
                                                 FoldTarget target) {
  RunHeader header = source.range();
  header.salt = target.salt;
  const FoldRange range{header.begin, header.end, target.log_end};
  auto writer = RunWriter::create(target.file_system, std::move(target.directory),
                                  header, source.written_kib(), std::move(target.pace));
  if (!writer) return writer;

  const auto read = [&source](const DataPiece& piece) { return source.read(piece); };
  LiveIds live(target.live);
  StreamFold fold;
  for (;;) {
    const auto more = source.next(fold);
    if (!more) return fail(more.error());
    if (!*more) return writer;
    if (!live.contains(fold.stream_id())) fold.set_dead();
    if (auto done = (*writer)->add_stream(fold, fold.finish(range), read); !done) {
      return fail(std::move(done.error()));
    }
  }
}

}  // namespace durable_streams::storage
