#include "shrink.h"

#include <functional>
#include <utility>

#include "simulation.h"

namespace durable_streams::simulation {
namespace {

class Shrinker {
 public:
  Shrinker(Plan plan, size_t runs_max) : plan_(std::move(plan)), runs_left_(runs_max) {}

  Plan result() {
    for (bool smaller = true; smaller;) {
      smaller = false;
      smaller |= leave_out([](Plan & plan) -> auto& { return plan.lives; });
      for (size_t i = 0; i < plan_.lives.size(); ++i) {
        smaller |=
            leave_out([i](Plan & plan) -> auto& { return plan.lives[i].actions; });
        smaller |=
            leave_out([i](Plan & plan) -> auto& { return plan.lives[i].openings; });
        smaller |= simplify(i);
      }
    }
    return plan_;
  }

 private:
  bool fails(const Plan& plan) {
    if (runs_left_ == 0) return false;
    --runs_left_;
    return run(plan).failure.has_value();
  }

  bool take(Plan smaller) {
    if (!fails(smaller)) return false;
    plan_ = std::move(smaller);
    return true;
  }

  // Leaves out pieces of a list: halves, quarters, … one by one.
  template <class ListOf>
  bool leave_out(ListOf list_of) {
    bool smaller = false;
    for (size_t piece = list_of(plan_).size(); piece > 0; piece /= 2) {
      for (size_t at = 0; at + piece <= list_of(plan_).size();) {
        Plan candidate = plan_;
        auto& list = list_of(candidate);
        const auto begin = list.begin() + static_cast<std::ptrdiff_t>(at);
        list.erase(begin, begin + static_cast<std::ptrdiff_t>(piece));
        if (take(std::move(candidate))) {
          smaller = true;
        } else {
          at += piece;
        }
      }
    }
    return smaller;
  }

  bool simplify(size_t life) {
    if (plan_.lives[life].trouble.kind == Trouble::Kind::none) return false;
    Plan candidate = plan_;
    candidate.lives[life].trouble = {};
    return take(std::move(candidate));
  }

  Plan plan_;
  size_t runs_left_;
};

}  // namespace

Plan shrink(Plan plan, size_t runs_max) {
  return Shrinker(std::move(plan), runs_max).result();
}

}  // namespace durable_streams::simulation
