// Streams on a memory engine, whose completions run when the test says so.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "storage/memory_engine.h"
#include "streams/transactions.h"
#include "testing/manual_clock.h"

namespace durable_streams::streams {

class StreamsFixture : public ::testing::Test {
 protected:
  storage::StreamHandle create(const std::string& path, std::string content_type,
                               std::optional<uint64_t> ttl_seconds = {}) {
    protocol::CreateRequest request;
    request.config.content_type = std::move(content_type);
    request.config.ttl_seconds = ttl_seconds;
    engine_->transact(path, *new Create(home_, std::move(request)));
    settle();
    return engine_->find(path);
  }

  // `stored` is in stored form: JSON messages end in commas.
  void append(const storage::OpenStream& stream, std::string stored,
              bool closes = false) {
    protocol::AppendRequest request;
    request.content_type = stream.config().content_type;
    request.payload.bytes = std::move(stored);
    request.closes = closes;
    engine_->transact(stream.path(), *new Append(home_, std::move(request)));
  }

  void settle() {
    while (home_.drain() > 0) {
    }
  }

  testing::ManualClock clock_;
  CompletionQueue home_{[] {}};
  std::unique_ptr<storage::Engine> engine_ = storage::make_memory_engine(clock_);

 private:
  struct Create final : CreateTransaction {
    using CreateTransaction::CreateTransaction;
    void settled() noexcept override { delete this; }
  };
  struct Append final : AppendTransaction {
    using AppendTransaction::AppendTransaction;
    void settled() noexcept override { delete this; }
  };
};

}  // namespace durable_streams::streams
