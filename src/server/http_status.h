// From an outcome or an error to its HTTP status, code and sentence: the one
// table of this server (docs/decisions/: outcomes are values).
#pragma once

#include <string_view>
#include <system_error>

#include "protocol/append.h"
#include "protocol/create.h"
#include "server/answer.h"
#include "storage/engine.h"

namespace durable_streams::server {

struct StatusEntry {
  int status;
  std::string_view code;  // Empty for success.
  std::string_view message;
};

StatusEntry status_of(const protocol::CreateOutcome& outcome);

// `producer_data`: new data with producer headers answers 200, all else 204.
StatusEntry status_of(const protocol::AppendOutcome& outcome, bool producer_data);

// For receipts that are not settled (streams::is_settled).
StatusEntry status_of(const storage::Receipt& receipt);

// For Engine::read() and other operating errors: storage::Errc or system codes.
StatusEntry status_of(const std::error_code& code);

inline constexpr StatusEntry not_found = {404, "stream_not_found",
                                          "There is no stream at this URL."};

inline Refusal refusal(const StatusEntry& entry) {
  return {entry.status, entry.code, std::string(entry.message)};
}

}  // namespace durable_streams::server
