#include "cli/exit_code.h"

namespace durable_streams::cli {

ExitCode exit_code_of(const client::Error& error) {
  using client::ErrorCode;
  if (error.outcome_unknown) return outcome_unknown;
  switch (error.code) {
    case ErrorCode::invalid_argument:
      return usage;
    case ErrorCode::not_found:
    case ErrorCode::gone:
      return not_found;
    case ErrorCode::conflict:
    case ErrorCode::closed:
    case ErrorCode::sequence_gap:
      return conflict;
    case ErrorCode::unauthorized:
    case ErrorCode::forbidden:
    case ErrorCode::stale_epoch:
      return not_allowed;
    case ErrorCode::unreachable:
    case ErrorCode::timed_out:
    case ErrorCode::connection_lost:
    case ErrorCode::rate_limited:
    case ErrorCode::unavailable:
      return unreachable;
    case ErrorCode::malformed_answer:
    case ErrorCode::redirected:
    case ErrorCode::invalid_request:
    case ErrorCode::too_large:
    case ErrorCode::server_error:
      return failure;
  }
  return failure;
}

}  // namespace durable_streams::cli
