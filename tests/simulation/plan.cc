#include "plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "dice.h"

namespace durable_streams::simulation {
namespace {

using testing::Fate;

// How likely each kind of action is in this simulation. Some are left out, so
// that others come close together.
using Weights = std::array<size_t, Action::kinds>;

Weights make_weights(Dice& dice) {
  constexpr Weights usual{12, 48, 8,  4, 6, 16, 12, 6, 6, 2,
                          24, 16, 20, 4, 8, 1,  2,  2, 4};
  Weights weights = usual;
  for (size_t& weight : weights) {
    if (dice.one_in(6)) weight = 0;
    if (dice.one_in(8)) weight *= 4;
  }
  for (const auto kind :
       {Action::Kind::create, Action::Kind::append, Action::Kind::commit_all}) {
    const auto index = static_cast<size_t>(kind);
    weights[index] = std::max(weights[index], usual[index]);
  }
  return weights;
}

Action make_action(Dice& dice, const Weights& weights) {
  size_t sum = 0;
  for (const size_t weight : weights)
    sum += weight;
  size_t left = dice.below(sum);
  size_t kind = 0;
  while (left >= weights[kind])
    left -= weights[kind++];
  return {static_cast<Action::Kind>(kind), dice.bits()};
}

Fate make_fate(Dice& dice) {
  constexpr Fate::Kind kinds[] = {Fate::Kind::lost,          Fate::Kind::kept,
                                  Fate::Kind::torn,          Fate::Kind::torn,
                                  Fate::Kind::torn,          Fate::Kind::reordered,
                                  Fate::Kind::zero_extended, Fate::Kind::zero_extended};
  constexpr size_t sectors[] = {512, 4096};
  Fate fate;
  fate.kind = dice.pick(kinds);
  fate.sector_bytes = dice.pick(sectors);
  fate.seed = dice.bits();
  return fate;
}

Trouble make_trouble(Dice& dice, uint64_t at_max, size_t failure_percent) {
  constexpr int errors[] = {EIO, EIO, ENOSPC, EMFILE};
  Trouble trouble;
  trouble.at = 1 + dice.below(at_max);
  trouble.fate = make_fate(dice);
  if (!dice.percent(failure_percent)) {
    trouble.kind = dice.one_in(4) ? Trouble::Kind::killed : Trouble::Kind::power_cut;
  } else {
    trouble.kind =
        dice.one_in(3) ? Trouble::Kind::failed_look : Trouble::Kind::failed_operation;
    trouble.error_number = dice.pick(errors);
  }
  return trouble;
}

Life make_life(Dice& dice, const Weights& weights) {
  Life life;
  while (life.openings.size() < 3 && dice.one_in(3))
    life.openings.push_back(make_trouble(dice, 12, 30));
  const size_t actions = dice.one_in(6) ? dice.below(600) : dice.below(150);
  for (size_t i = 0; i < actions; ++i)
    life.actions.push_back(make_action(dice, weights));
  life.clean_stop = dice.one_in(4);
  life.stays_full = dice.one_in(2);
  if (!dice.one_in(6)) life.trouble = make_trouble(dice, 4 + actions, 20);
  return life;
}

}  // namespace

const char* name_of(Action::Kind kind) {
  constexpr const char* names[] = {
      "create",  "append",    "burst",     "close",     "remove",     "read", "page",
      "inspect", "watch",     "unwatch",   "commit",    "commit all", "tidy", "sweep",
      "advance", "wait long", "step wall", "fill disk", "free disk"};
  static_assert(std::size(names) == Action::kinds);
  return names[static_cast<size_t>(kind)];
}

std::string describe(const Trouble& trouble) {
  constexpr const char* fates[] = {"lost", "kept", "torn", "reordered",
                                   "zero-extended"};
  switch (trouble.kind) {
    case Trouble::Kind::none:
      return "no trouble";
    case Trouble::Kind::power_cut:
      return fmt::format("power cut at operation {}, {} by {} bytes", trouble.at,
                         fates[static_cast<size_t>(trouble.fate.kind)],
                         trouble.fate.sector_bytes);
    case Trouble::Kind::killed:
      return fmt::format("killed at operation {}", trouble.at);
    case Trouble::Kind::failed_operation:
      return fmt::format("operation {} fails with error {}", trouble.at,
                         trouble.error_number);
    case Trouble::Kind::failed_look:
      return fmt::format("look {} fails with error {}", trouble.at,
                         trouble.error_number);
  }
  return {};
}

Plan make_plan(uint64_t seed) {
  Dice dice(seed);
  constexpr uint64_t segments[] = {8 * 1024, 8 * 1024, 16 * 1024, 64 * 1024};
  constexpr size_t paths[] = {1, 2, 3, 6, 12, 40};
  constexpr size_t payloads[] = {8, 40, 300, 300, 2500, 9000};
  Plan plan;
  plan.seed = seed;
  plan.segment_bytes = dice.pick(segments);
  plan.reserve_bytes = dice.one_in(4) ? 0 : 16 * 1024;
  plan.open_files_max = 1 + dice.below(4);
  plan.fan_in = 2 + dice.below(3);
  plan.paths = dice.pick(paths);
  plan.payload_bytes_max = dice.pick(payloads);
  const Weights weights = make_weights(dice);
  const size_t lives = 2 + dice.below(6);
  for (size_t i = 0; i < lives; ++i)
    plan.lives.push_back(make_life(dice, weights));
  return plan;
}

}  // namespace durable_streams::simulation
