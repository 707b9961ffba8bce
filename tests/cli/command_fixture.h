// Runs commands in this process, with their own input, output, environment and
// files, and no waiting.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "server/config.h"

namespace durable_streams::cli {

struct Ending {
  int code = -1;
  std::string out;
  std::string err;
};

class Commands {
 public:
  // What run() gives the next commands.
  std::string input;
  std::map<std::string, std::string> environment;
  FileSystem* files = &posix_file_system();

  Ending run(const std::vector<std::string>& arguments);

  // The same with an output that nobody reads any more.
  Ending run_with_closed_output(const std::vector<std::string>& arguments);

  // What the last `server` command would have served, and how often one tried.
  server::ServerConfig served;
  int server_runs = 0;
  // Pauses that commands asked for.
  std::vector<int64_t> pauses_ms;

 private:
  int run_with_files(const std::vector<std::string>& arguments, int in, int out,
                     int err);
};

}  // namespace durable_streams::cli
