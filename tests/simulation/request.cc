#include "request.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "base/overloaded.h"
#include "streams/transactions.h"

namespace durable_streams::simulation {
namespace {

std::string text_of(const protocol::CreateOutcome& outcome) {
  using namespace protocol;
  return std::visit(
      Overloaded{[](const Created&) { return std::string("created"); },
                 [](const AlreadyMatches&) { return std::string("matches"); },
                 [](const auto&) { return std::string("conflict"); }},
      outcome);
}

std::string text_of(const protocol::AppendOutcome& outcome) {
  using namespace protocol;
  using Text = std::string;
  return std::visit(
      Overloaded{
          [](const Appended&) -> Text { return "appended"; },
          [](const AppendDuplicate& duplicate) {
            return fmt::format("duplicate of {}{}", duplicate.last_seq,
                               duplicate.closed ? ", closed" : "");
          },
          [](const AlreadyClosed&) -> Text { return "already closed"; },
          [](const AppendNotFound&) -> Text { return "not found"; },
          [](const AppendStreamClosed&) -> Text { return "closed"; },
          [](const AppendContentTypeMismatch&) -> Text {
            return "another content type";
          },
          [](const AppendStaleEpoch& stale) {
            return fmt::format("stale, epoch is {}", stale.current);
          },
          [](const AppendSequenceGap& gap) {
            return fmt::format("gap, {} expected, got {}", gap.expected, gap.received);
          },
          [](const AppendEpochMustStartAtZero&) -> Text {
            return "a new epoch must start at 0";
          },
          [](const AppendSeqRegression&) -> Text { return "sequence does not ascend"; },
          [](const auto&) -> Text { return "refused for another reason"; },
      },
      outcome);
}

template <class Base>
class ProductRequest final : public Request, public Base {
 public:
  template <class... Arguments>
  explicit ProductRequest(CompletionQueue& home, Arguments&&... arguments)
      : Base(home, std::forward<Arguments>(arguments)...) {}

  storage::Transaction& transaction() override { return *this; }
  void settled() noexcept override { Request::settled = true; }

  std::string answer() const override {
    if constexpr (std::is_same_v<Base, streams::RemoveTransaction>) {
      return Base::removed() ? "removed" : "not found";
    } else if constexpr (std::is_same_v<Base, streams::ExpireTransaction>) {
      return Base::gone() ? "gone" : "alive";
    } else {
      return text_of(Base::outcome());
    }
  }
};

}  // namespace

RequestPtr make_create(CompletionQueue& home, const CreateCall& call) {
  const Configuration& configuration = call.configuration;
  protocol::CreateRequest request;
  request.config = {configuration.content_type, configuration.ttl_seconds,
                    configuration.expires_at_ms};
  request.initial = {call.bytes, call.boundaries};
  request.closed = call.closed;
  return std::make_shared<ProductRequest<streams::CreateTransaction>>(
      home, std::move(request));
}

RequestPtr make_append(CompletionQueue& home, const AppendCall& call) {
  protocol::AppendRequest request;
  request.content_type = call.content_type;
  request.payload = {call.bytes, call.boundaries};
  request.closes = call.closes;
  if (const auto& claim = call.producer)
    request.producer = protocol::ProducerTuple{claim->id, claim->epoch, claim->seq};
  if (const auto& claim = call.stream_seq)
    request.stream_seq = protocol::ScopedSeq{claim->scope, claim->value};
  return std::make_shared<ProductRequest<streams::AppendTransaction>>(
      home, std::move(request));
}

RequestPtr make_remove(CompletionQueue& home) {
  return std::make_shared<ProductRequest<streams::RemoveTransaction>>(home);
}

RequestPtr make_expire(CompletionQueue& home) {
  return std::make_shared<ProductRequest<streams::ExpireTransaction>>(home);
}

}  // namespace durable_streams::simulation
