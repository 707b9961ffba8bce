// The table from outcomes to statuses: every entry, so that a new outcome does
// not go out with a status that nobody chose.
#include "server/http_status.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "storage/errc.h"

namespace durable_streams::server {
namespace {

TEST(HttpStatus, OfCreation) {
  EXPECT_EQ(status_of(protocol::CreateOutcome{protocol::Created{}}).status, 201);
  EXPECT_EQ(status_of(protocol::CreateOutcome{protocol::AlreadyMatches{}}).status, 200);
  EXPECT_EQ(status_of(protocol::CreateOutcome{protocol::CreateConflict{"why"}}).status,
            409);
}

TEST(HttpStatus, OfAppending) {
  const std::pair<protocol::AppendOutcome, int> table[] = {
      {protocol::Appended{}, 204},
      {protocol::AppendDuplicate{0, false}, 204},
      {protocol::AlreadyClosed{}, 204},
      {protocol::AppendNotFound{}, 404},
      {protocol::AppendStreamClosed{}, 409},
      {protocol::AppendContentTypeMismatch{}, 409},
      {protocol::AppendStaleEpoch{1}, 403},
      {protocol::AppendSequenceGap{1, 2}, 409},
      {protocol::AppendEpochMustStartAtZero{}, 400},
      {protocol::AppendSeqRegression{}, 409},
      {protocol::AppendTooManyProducers{}, 429},
      {protocol::AppendTooManyStreamSeqs{}, 429},
  };
  static_assert(std::size(table) == std::variant_size_v<protocol::AppendOutcome>);
  for (size_t i = 0; i < std::size(table); ++i) {
    EXPECT_EQ(table[i].first.index(), i);
    const StatusEntry entry = status_of(table[i].first, false);
    EXPECT_EQ(entry.status, table[i].second) << i;
    EXPECT_EQ(entry.code.empty(), entry.status < 400) << i;
    EXPECT_EQ(entry.message.empty(), entry.status < 400) << i;
  }
  EXPECT_EQ(status_of(protocol::Appended{}, true).status, 200);
  EXPECT_EQ(status_of(protocol::AppendDuplicate{0, false}, true).status, 204);
}

TEST(HttpStatus, OfWhatTheEngineCouldNotDo) {
  storage::Receipt receipt;
  receipt.settlement = storage::Settlement::unavailable;
  EXPECT_EQ(status_of(receipt).status, 503);
  receipt.disk_full = true;
  EXPECT_EQ(status_of(receipt).status, 507);
  receipt.settlement = storage::Settlement::unknown;
  EXPECT_EQ(status_of(receipt).status, 503);
  EXPECT_EQ(status_of(receipt).code, "outcome_unknown");
}

TEST(HttpStatus, OfReadErrors) {
  const std::pair<std::error_code, int> table[] = {
      {storage::Errc::offset_gone, 410},
      {storage::Errc::offset_invalid, 400},
      {storage::Errc::not_found, 404},
      {storage::Errc::corruption, 500},
      {std::make_error_code(std::errc::io_error), 500},
      {{EMFILE, std::system_category()}, 503},
      {{ENFILE, std::system_category()}, 503},
  };
  for (const auto& [code, status] : table) {
    EXPECT_EQ(status_of(code).status, status) << code.message();
    EXPECT_FALSE(status_of(code).code.empty());
  }
}

}  // namespace
}  // namespace durable_streams::server
