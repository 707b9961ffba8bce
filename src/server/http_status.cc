#include "server/http_status.h"

#include "base/overloaded.h"
#include "storage/errc.h"

namespace durable_streams::server {
StatusEntry status_of(const protocol::CreateOutcome& outcome) {
  return std::visit(Overloaded{
                        [](const protocol::Created&) {
                          return StatusEntry{201, {}, {}};
                        },
                        [](const protocol::AlreadyMatches&) {
                          return StatusEntry{200, {}, {}};
                        },
                        [](const protocol::CreateConflict& conflict) {
                          return StatusEntry{409, "stream_exists", conflict.reason};
                        },
                    },
                    outcome);
}

StatusEntry status_of(const protocol::AppendOutcome& outcome, bool producer_data) {
  return std::visit(
      Overloaded{
          [&](const protocol::Appended&) {
            return StatusEntry{producer_data ? 200 : 204, {}, {}};
          },
          [](const protocol::AppendDuplicate&) {
            return StatusEntry{204, {}, {}};
          },
          [](const protocol::AlreadyClosed&) {
            return StatusEntry{204, {}, {}};
          },
          [](const protocol::AppendNotFound&) { return not_found; },
          [](const protocol::AppendStreamClosed&) {
            return StatusEntry{409, "stream_closed",
                               "The stream is closed; nothing can be appended."};
          },
          [](const protocol::AppendContentTypeMismatch&) {
            return StatusEntry{409, "content_type_mismatch",
                               "The content type is not the one of the stream."};
          },
          [](const protocol::AppendStaleEpoch&) {
            return StatusEntry{
                403, "stale_producer_epoch",
                "A producer with this id and a higher epoch has written."};
          },
          [](const protocol::AppendSequenceGap&) {
            return StatusEntry{409, "producer_sequence_gap",
                               "Producer-Seq is not the next one; an earlier batch is "
                               "missing."};
          },
          [](const protocol::AppendEpochMustStartAtZero&) {
            return StatusEntry{400, "producer_epoch_must_start_at_zero",
                               "A new Producer-Epoch must start with Producer-Seq 0."};
          },
          [](const protocol::AppendSeqRegression&) {
            return StatusEntry{409, "stream_seq_regression",
                               "Stream-Seq must be greater than the last one."};
          },
          [](const protocol::AppendTooManyProducers&) {
            return StatusEntry{429, "too_many_producers",
                               "The stream remembers as many producers as it may, or "
                               "as many of this client's."};
          },
          [](const protocol::AppendTooManyStreamSeqs&) {
            return StatusEntry{
                429, "too_many_stream_seqs",
                "The stream remembers as many clients' Stream-Seqs as it "
                "may."};
          },
      },
      outcome);
}

StatusEntry status_of(const storage::Receipt& receipt) {
  if (receipt.settlement == storage::Settlement::unknown) {
    return {503, "outcome_unknown",
            "The write failed; it may or may not have taken place. Retry with producer "
            "headers is safe."};
  }
  if (receipt.disk_full) {
    return {507, "disk_full", "The disk is full; nothing was written."};
  }
  return {503, "overloaded",
          "Too much is waiting to be written; nothing was. Retry later."};
}

StatusEntry status_of(const std::error_code& code) {
  if (code == storage::Errc::offset_gone) {
    return {
        410, "offset_gone",
        "The offset is of data that is not kept, or of a stream that was here before."};
  }
  if (code == storage::Errc::offset_invalid) {
    return {400, "invalid_offset",
            "The offset lies beyond the stream's end or inside a message."};
  }
  if (code == storage::Errc::not_found) return not_found;
  if (code == storage::Errc::corruption) {
    return {500, "corruption", "The stored data of this range is damaged."};
  }
  if (code == std::errc::too_many_files_open ||
      code == std::errc::too_many_files_open_in_system) {
    return {503, "out_of_descriptors",
            "The server has no file descriptor left for this read. Retry later."};
  }
  return {500, "storage_error", "The storage could not be read."};
}

}  // namespace durable_streams::server
