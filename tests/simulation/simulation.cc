#include "simulation.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "storage/errc.h"

namespace durable_streams::simulation {
namespace {

using storage::Errc;
using storage::Settlement;

// "write data/log/0000000003.log" → "write data/log/#.log".
std::string kind_of(const std::string& operation) {
  std::string kind;
  for (const char c : operation) {
    if (c < '0' || c > '9') {
      kind += c;
    } else if (kind.empty() || kind.back() != '#') {
      kind += '#';
    }
  }
  return kind;
}

const char* name_of(Settlement settlement) {
  switch (settlement) {
    case Settlement::committed:
      return "committed";
    case Settlement::unchanged:
      return "unchanged";
    case Settlement::unavailable:
      return "unavailable";
    case Settlement::unknown:
      return "unknown";
  }
  return "?";
}

}  // namespace

Outcome run(const Plan& plan) {
  Outcome outcome;
  try {
    Simulation(plan, outcome).live();
  } catch (const Failure& failure) {
    outcome.failure = failure.what();
    outcome.history.note("FAILED: {}", failure.what());
  }
  return outcome;
}

Simulation::Simulation(const Plan& plan, Outcome& outcome)
    : plan_(plan), outcome_(outcome), history_(outcome.history), server_(plan) {
  for (size_t i = 0; i < plan.paths; ++i)
    paths_.push_back(fmt::format("s{}", i));
}

Simulation::~Simulation() {
  if (live_readers_) live_readers_->let_go();
  server_.crash();
}

void Simulation::live() {
  for (const Life& life : plan_.lives) {
    open(life);
    for (const Action& action : life.actions) {
      if (server_.disk().power_is_cut()) break;
      act(action);
    }
    end(life);
  }
  const Life last{.clean_stop = true};
  open(last);
  end(last);
}

// Starts a life, at last without trouble, and looks at what it shows.
void Simulation::open(const Life& life) {
  for (const Trouble& trouble : life.openings)
    survive_opening(trouble);
  const auto opened = start_with_space();
  if (!opened) throw Failure("the start fails: " + opened.error().message());
  compare_with_model();
  live_readers_ = std::make_unique<LiveReaders>(server_, model_);
  server_.arm(life.trouble);
  was_in_trouble_ = disk_is_small_;
  opened_ = server_.now();
  sweeps_.clear();
}

// A full disk may be too full even to start on.
Result<void> Simulation::start_with_space() {
  auto opened = server_.start({});
  if (opened || !is_for_want_of_space(opened.error())) return opened;
  history_.note("the start fails: {}", opened.error().message());
  free_disk();
  server_.crash();
  server_.come_back({});
  return server_.start({});
}

// A start that meets `trouble` and is over then, whether it came through or not.
void Simulation::survive_opening(const Trouble& trouble) {
  history_.note("a start that meets: {}", describe(trouble));
  const auto opened = server_.start(trouble);
  if (!opened && opened.error().code.category() == storage::error_category())
    throw Failure("a start in trouble: " + opened.error().message());
  if (!opened && !server_.has_failed_by_plan() && !is_for_want_of_space(opened.error()))
    throw Failure("the start fails: " + opened.error().message());
  note_crash();
  server_.crash();
  server_.come_back(trouble);
}

bool Simulation::is_for_want_of_space(const Error& error) const {
  return disk_is_small_ &&
         error.code == std::error_code(ENOSPC, std::system_category());
}

void Simulation::free_disk() {
  server_.disk().set_capacity(UINT64_MAX);
  disk_is_small_ = false;
}

void Simulation::compare_with_model() {
  Observations observed;
  for (const std::string& path : paths_) {
    if (auto shown = server_.observe(path, 1 << 20, true))
      observed.emplace(path, std::move(*shown));
  }
  const storage::RecoveryReport& report = server_.engine().recovery_report();
  history_.note(
      "open: {} streams, {} records, {} copied, {} bytes torn, stream time {}",
      observed.size(), report.records, report.copied_records, report.torn_bytes,
      server_.now().stream_ms);
  const size_t on_their_way = model_.on_their_way();
  const std::string wrong = model_.recover(observed, server_.now());
  if (!wrong.empty()) throw Failure("after a restart " + wrong);
  if (on_their_way > 0) history_.note("{} changes were on their way", on_their_way);
}

void Simulation::end(const Life& life) {
  live_readers_->let_go();
  if (!life.stays_full) free_disk();
  if (life.clean_stop && !server_.disk().power_is_cut()) {
    history_.note("stop");
    server_.stop();
  } else {
    server_.crash();
  }
  live_readers_ = nullptr;
  note_crash();
  take_in();
  if (!asked_.empty()) throw Failure(asked_.front()->path + ": never answered");
  server_.come_back(life.trouble);
}

void Simulation::note_crash() {
  if (!server_.disk().power_is_cut()) return;
  const std::string kind = kind_of(server_.disk().cut_operation());
  history_.note("crash at: {}", kind);
  ++outcome_.crashes[kind];
}

void Simulation::act(const Action& action) {
  const bool had_failed = server_.has_failed_by_plan();
  try {
    do_act(action);
  } catch (const ReadFailure& failure) {
    if (had_failed || !server_.has_failed_by_plan()) throw;
    history_.note("{}", failure.what());
  }
}

void Simulation::do_act(const Action& action) {
  Dice dice(action.chance);
  switch (action.kind) {
    case Action::Kind::create:
      return create(dice);
    case Action::Kind::append:
      return append(dice, pick_path(dice));
    case Action::Kind::burst: {
      const std::string path = pick_path(dice);
      for (size_t i = 2 + dice.below(12); i > 0; --i)
        append(dice, dice.one_in(3) ? pick_path(dice) : path);
      return;
    }
    case Action::Kind::close:
      return close(dice);
    case Action::Kind::remove:
      return remove(dice);
    case Action::Kind::read:
      return read(dice);
    case Action::Kind::read_page:
      return read_page(dice);
    case Action::Kind::inspect:
      return inspect(dice);
    case Action::Kind::watch:
      return watch(dice);
    case Action::Kind::unwatch:
      return live_readers_->unwatch(pick_path(dice));
    case Action::Kind::commit:
      step();
      return;
    case Action::Kind::commit_all:
      return commit_all();
    case Action::Kind::tidy:
      return tidy();
    case Action::Kind::sweep:
      return sweep();
    case Action::Kind::advance:
      return advance(dice);
    case Action::Kind::wait_long:
      return wait_long();
    case Action::Kind::step_wall:
      return step_wall(dice);
    case Action::Kind::fill_disk:
      return fill_disk(dice);
    case Action::Kind::free_disk:
      return free_disk();
  }
}

// Some streams are busier than others.
std::string Simulation::pick_path(Dice& dice) {
  return paths_[dice.below(dice.one_in(2) ? std::min<size_t>(paths_.size(), 3)
                                          : paths_.size())];
}

void Simulation::ask(const std::string& path, RequestPtr request, Decision expected) {
  request->path = path;
  request->expected = std::move(expected);
  request->newest = model_.newest_number();
  server_.engine().transact(path, request->transaction());
  if (request->answer() != request->expected.answer) {
    throw Failure(fmt::format("{}: decided \"{}\" instead of \"{}\"", path,
                              request->answer(), request->expected.answer));
  }
  // One that is refused is settled at once.
  server_.home().drain();
  const bool refused = request->settled && request->transaction().receipt.settlement ==
                                               Settlement::unavailable;
  if (request->expected.changes && !refused) {
    request->number = model_.admit(path, request->expected, server_.now());
  }
  history_.note("{}: {}{}", path, request->expected.answer, refused ? ", refused" : "");
  asked_.push_back(std::move(request));
  take_in();
}

void Simulation::take_in() {
  server_.home().drain();
  for (const RequestPtr& request : asked_) {
    if (request->settled) take_in(*request);
  }
  std::erase_if(asked_, [](const RequestPtr& request) { return request->settled; });
  if (live_readers_ && !server_.disk().power_is_cut()) {
    const uint64_t bytes = live_readers_->read_on();
    if (bytes > 0) history_.note("live readers got {} bytes", bytes);
  }
}

void Simulation::take_in(Request& request) {
  const storage::Receipt& receipt = request.transaction().receipt;
  switch (receipt.settlement) {
    case Settlement::committed: {
      if (request.number == 0) throw Failure(request.path + ": committed, not changed");
      if (!model_.acknowledge(request.number))
        throw Failure(request.path + ": acknowledged before an earlier change");
      ++outcome_.changes;
      const StreamPtr& after = request.expected.after;
      if (!after) return;
      if (after->lifetime->id == 0) {
        if (receipt.stream_id <= model_.highest_id())
          throw Failure(request.path + ": a used stream id");
        model_.learn_id(*after->lifetime, receipt.stream_id);
      }
      if (receipt.stream_id != after->lifetime->id ||
          receipt.tail.position != after->bytes.size() ||
          receipt.closed != after->closed) {
        throw Failure(request.path + ": the receipt tells of another tail");
      }
      return;
    }
    case Settlement::unchanged:
      if (request.number != 0) throw Failure(request.path + ": changed, not committed");
      if (model_.rests_on_admitted(request.path, request.newest)) {
        throw Failure(request.path +
                      ": answered before what the answer rests on was durable");
      }
      return;
    case Settlement::unavailable:
    case Settlement::unknown:
      history_.note("{}: {}", request.path, name_of(receipt.settlement));
      if (!is_in_trouble())
        throw Failure(fmt::format("{}: {} without need", request.path,
                                  name_of(receipt.settlement)));
      return;
  }
}

// Whether refusals are right.
bool Simulation::is_in_trouble() const {
  return disk_is_small_ || was_in_trouble_ || server_.has_failed_by_plan();
}

bool Simulation::step() {
  const bool done = server_.step();
  take_in();
  return done;
}

void Simulation::commit_all() {
  // A disk that was full, or failed, gets a second chance.
  for (int i = 0; i < 3; ++i) {
    while (step())
      continue;
  }
  history_.note("all committed");
  if (server_.disk().power_is_cut() || disk_is_small_) return;
  if (!server_.engine().health()) {
    if (!is_in_trouble()) throw Failure("writes ended without need");
    was_in_trouble_ = true;
    return;
  }
  if (!asked_.empty()) throw Failure(asked_.front()->path + ": not answered");
  if (model_.on_their_way() > 0) throw Failure("changes are left over");
  model_.renewals_are_safe();
  live_readers_->check_nobody_waits();
}

void Simulation::tidy() {
  const auto done = server_.engine().tidy_step();
  if (!done) {
    history_.note("tidying failed: {}", done.error().message());
    if (done.error().code.category() == storage::error_category() || !is_in_trouble())
      throw Failure("tidying: " + done.error().message());
    return;
  }
  if (*done) history_.note("tidied");
}

// As the server does every few seconds.
void Simulation::sweep() {
  std::vector<storage::StreamHandle> ended;
  storage::SweepPlace place;
  while (!server_.engine().sweep(place, 64, ended))
    continue;
  check_settled_wall();
  model_.look_at_clock(server_.now());
  std::set<std::string> left = model_.to_be_ended(server_.now());
  for (const storage::StreamHandle& stream : ended) {
    const std::string path(stream->path());
    left.erase(path);
    Decision expiry = model_.expire(path, server_.now());
    ask(path, make_expire(server_.home()), std::move(expiry));
  }
  if (!left.empty()) throw Failure(*left.begin() + ": a sweep does not end it");
  history_.note("swept {} streams", ended.size());
  take_in();
}

// What is said of the wall clock's last hour must be no more than it showed.
void Simulation::check_settled_wall() {
  constexpr int64_t hour_ms = 3'600'000;
  const Time now = server_.now();
  sweeps_.push_back(now);
  while (sweeps_.front().steady_ms < now.steady_ms - hour_ms)
    sweeps_.pop_front();
  if (now.settled_wall_ms == INT64_MIN) return;
  if (opened_.steady_ms > now.steady_ms - hour_ms)
    throw Failure("the wall clock is believed too early");
  for (const Time& then : sweeps_) {
    if (then.wall_ms < now.settled_wall_ms)
      throw Failure("the wall clock is believed though it stepped");
  }
}

// Long enough for what a wall clock shows to be believed.
void Simulation::wait_long() {
  constexpr int64_t step_ms = 5 * 60'000;
  for (int i = 0; i < 14 && !server_.disk().power_is_cut(); ++i) {
    server_.clock().advance(step_ms);
    sweep();
  }
}

void Simulation::advance(Dice& dice) {
  constexpr int64_t steps_ms[] = {1, 40, 900, 1'500, 8'000, 61'000, 3'700'000};
  const int64_t ms = dice.pick(steps_ms);
  server_.clock().advance(ms);
  history_.note("{} ms pass", ms);
  model_.look_at_clock(server_.now());
}

void Simulation::step_wall(Dice& dice) {
  constexpr int64_t year_ms = int64_t{365} * 24 * 3600 * 1000;
  constexpr int64_t steps_ms[] = {-year_ms, -60'000, -1'000, 1'000, 60'000, year_ms};
  const int64_t ms = dice.pick(steps_ms);
  server_.clock().step_wall(ms);
  history_.note("the wall clock steps by {} ms", ms);
  model_.look_at_clock(server_.now());
}

void Simulation::fill_disk(Dice& dice) {
  const uint64_t room = dice.below(3 * plan_.segment_bytes);
  server_.disk().set_capacity(server_.disk().used_bytes() + room);
  disk_is_small_ = was_in_trouble_ = true;
  history_.note("{} bytes are left on the disk", room);
}

}  // namespace durable_streams::simulation
