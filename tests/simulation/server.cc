#include "server.h"

#include <fmt/format.h>

#include <utility>

namespace durable_streams::simulation {
namespace {

// Different in every segment, the same in every run. The engine asks for salts
// from the thread that runs the simulation.
thread_local uint64_t last_salt = 0;

uint64_t next_salt() {
  return last_salt += 0x9e3779b97f4a7c15;
}

}  // namespace

// Shows what a decision would see, and changes nothing.
class Server::Look final : public storage::Transaction {
 public:
  explicit Look(CompletionQueue& home) : Transaction(home) {}

  Verdict decide(const protocol::StreamState* state, const protocol::Moment&) override {
    if (state == nullptr) return Verdict::no_change;
    admitted.tail = state->tail_position;
    admitted.closed = state->closed;
    if (const auto closer = state->writers.closed_by())
      admitted.closed_by = ProducerClaim{closer->id, closer->epoch, closer->seq};
    state->writers.each_producer([this](const auto& producer) {
      const std::string id(producer.id);
      admitted.producers[id] = {id, producer.state.epoch, producer.state.last_seq};
    });
    state->writers.each_stream_seq(
        [this](std::string_view scope, std::string_view value) {
          admitted.stream_seqs.emplace(scope, value);
        });
    return Verdict::no_change;
  }
  protocol::Unit& unit() override { return unit_; }
  void settled() noexcept override { is_settled = true; }

  Observed::Admitted admitted;
  bool is_settled = false;

 private:
  protocol::Unit unit_;
};

Server::Server(const Plan& plan) : plan_(plan) {}

Server::~Server() {
  crash();
}

Result<void> Server::start(const Trouble& trouble) {
  arm(trouble);
  storage::LogOptions options{
      .data_dir = "data", .file_system = disk_, .clock = clock_};
  options.segment_bytes = plan_.segment_bytes;
  options.reserve_bytes = plan_.reserve_bytes;
  options.open_files_max = plan_.open_files_max;
  options.tidying.rules = {.fold_bytes = 2 * plan_.segment_bytes,
                           .fan_in = plan_.fan_in,
                           .run_bytes_max = 1024 * 1024,
                           .dead_bytes_min = 512};
  options.background = false;
  options.salt_source = next_salt;
  auto opened = storage::LogEngine::open(std::move(options));
  if (!opened) return fail(std::move(opened.error()));
  engine_ = std::move(*opened);
  return {};
}

void Server::arm(const Trouble& trouble) {
  armed_ = trouble;
  armed_at_ =
      trouble.kind == Trouble::Kind::failed_look ? disk_.looks() : disk_.operations();
  if (trouble.ends_process()) disk_.cut_power_at(trouble.at);
  if (trouble.kind == Trouble::Kind::failed_operation)
    disk_.fail_at(trouble.at, trouble.error_number);
  if (trouble.kind == Trouble::Kind::failed_look)
    disk_.fail_look_at(trouble.at, trouble.error_number);
}

bool Server::has_failed_by_plan() const {
  if (disk_.power_is_cut()) return true;
  if (armed_.kind == Trouble::Kind::failed_operation)
    return disk_.operations() >= armed_at_ + armed_.at;
  if (armed_.kind == Trouble::Kind::failed_look)
    return disk_.looks() >= armed_at_ + armed_.at;
  return false;
}

void Server::stop() {
  engine_->close();
  home_.drain();
  engine_ = nullptr;
}

void Server::crash() {
  if (!disk_.power_is_cut()) disk_.cut_power_at(1);
  // Whatever it still tries fails.
  if (engine_) engine_->close();
  home_.drain();
  engine_ = nullptr;
}

void Server::come_back(const Trouble& trouble) {
  if (trouble.kind == Trouble::Kind::power_cut) {
    disk_.power_on(trouble.fate);
  } else {
    disk_.restart();
  }
  armed_ = {};
}

Time Server::now() const {
  const protocol::Moment moment =
      engine_ ? engine_->now() : protocol::Moment{0, clock_.wall_ms()};
  return {moment.stream_ms, moment.wall_ms, moment.settled_wall_ms, clock_.steady_ms()};
}

std::optional<Observed> Server::observe(const std::string& path, size_t page_bytes,
                                        bool with_admitted) {
  const storage::StreamHandle stream = engine_->find(path);
  if (!stream) return std::nullopt;
  const storage::Snapshot snapshot = stream->snapshot();
  const protocol::StreamConfig& config = stream->config();
  Observed observed;
  observed.id = snapshot.stream_id;
  observed.configuration = {config.content_type, config.ttl_seconds,
                            config.expires_at_ms};
  observed.closed = snapshot.closed;
  observed.active_ms = snapshot.active_ms;
  if (with_admitted) observed.admitted = look_at_admitted(path);
  if (config.expires_at_ms && is_hidden(*stream)) return observed;
  observed.bytes.emplace();
  for (protocol::Offset from;;) {
    const auto page = read(*stream, from, page_bytes);
    if (!page) throw Failure(path + " cannot be read: " + page.error().message());
    for (const SharedBytes& chunk : page->chunks)
      *observed.bytes += chunk.view();
    from = page->next;
    if (page->at_tail) break;
    if (page->chunks.empty()) throw Failure(path + ": an empty page before the tail");
  }
  if (observed.bytes->size() != snapshot.tail.position)
    throw Failure(path + ": the tail is not where the bytes end");
  return observed;
}

bool Server::is_hidden(const storage::OpenStream& stream) const {
  return protocol::is_expired(stream.config(), stream.snapshot().active_ms,
                              engine_->now());
}

Result<storage::Page> Server::read(const storage::OpenStream& stream,
                                   protocol::Offset from, size_t bytes_max) {
  auto page = engine_->read(stream, from, bytes_max);
  if (!page && page.error().code.category() == std::system_category())
    throw ReadFailure(std::string(stream.path()) + ": " + page.error().message());
  return page;
}

Observed::Admitted Server::look_at_admitted(const std::string& path) {
  look_ = std::make_unique<Look>(home_);
  engine_->transact(path, *look_);
  do {
    home_.drain();
  } while (!look_->is_settled && engine_->step());
  home_.drain();
  if (!look_->is_settled) throw Failure(path + ": a look is never answered");
  return look_->admitted;
}

}  // namespace durable_streams::simulation
