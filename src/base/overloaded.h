// A visitor for std::visit(), put together from one lambda for each case.
#pragma once

namespace durable_streams {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace durable_streams
