// A directory for a test, and servers in it.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "server_process.h"

namespace durable_streams::process {

class ServerFixture : public ::testing::Test {
 protected:
  ServerFixture() {
    directory_ = std::filesystem::temp_directory_path() / "durable-streams-XXXXXX";
    EXPECT_NE(::mkdtemp(directory_.data()), nullptr);
  }
  ~ServerFixture() override { std::filesystem::remove_all(directory_); }

  // A server on `directory`/data, with a log of its own; each call another.
  std::unique_ptr<ServerProcess> start_in(const std::string& directory, uint16_t port,
                                          ServerOptions options = {}) {
    options.binary = DURABLE_STREAMS_BINARY;
    options.directory = directory;
    options.log_name = fmt::format("server-{}.log", ++started_);
    auto server = std::make_unique<ServerProcess>(std::move(options), port);
    server->start();
    return server;
  }
  std::unique_ptr<ServerProcess> start(ServerOptions options = {}) {
    return start_in(directory_, port_, std::move(options));
  }

  std::string directory_;
  const ReservedPort reserved_port_;
  const uint16_t port_ = reserved_port_.number();

 private:
  int started_ = 0;
};

}  // namespace durable_streams::process
