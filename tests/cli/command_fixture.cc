#include "command_fixture.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>

#include "base/assert.h"
#include "cli/command_line.h"

namespace durable_streams::cli {
namespace {

// A nameless file in memory.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& content = {})
      : file_(::memfd_create("test", MFD_CLOEXEC)) {
    DS_ASSERT(file_ >= 0);
    DS_ASSERT(::write(file_, content.data(), content.size()) ==
              static_cast<ssize_t>(content.size()));
    DS_ASSERT(::lseek(file_, 0, SEEK_SET) == 0);
  }
  ~MemoryFile() { ::close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int descriptor() const { return file_; }

  std::string content() const {
    const off_t size = ::lseek(file_, 0, SEEK_END);
    std::string bytes(static_cast<size_t>(size), '\0');
    DS_ASSERT(::pread(file_, bytes.data(), bytes.size(), 0) == size);
    return bytes;
  }

 private:
  const int file_;
};

}  // namespace

Ending Commands::run(const std::vector<std::string>& arguments) {
  const MemoryFile in(input);
  const MemoryFile out;
  const MemoryFile err;
  Ending ending;
  ending.code =
      run_with_files(arguments, in.descriptor(), out.descriptor(), err.descriptor());
  ending.out = out.content();
  ending.err = err.content();
  return ending;
}

Ending Commands::run_with_closed_output(const std::vector<std::string>& arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  DS_ASSERT(::pipe2(ends, O_CLOEXEC) == 0);
  ::close(ends[0]);
  const MemoryFile in(input);
  const MemoryFile err;
  Ending ending;
  ending.code = run_with_files(arguments, in.descriptor(), ends[1], err.descriptor());
  ::close(ends[1]);
  ending.err = err.content();
  return ending;
}

int Commands::run_with_files(const std::vector<std::string>& arguments, int in, int out,
                             int err) {
  Context context{
      Console(in, out, err),
      [this](const std::string& name) -> std::optional<std::string> {
        const auto found = environment.find(name);
        if (found == environment.end()) return std::nullopt;
        return found->second;
      },
      *files,
      system_clock(),
      [this](int64_t delay_ms) { pauses_ms.push_back(delay_ms); },
      [this](const server::ServerConfig& config) {
        served = config;
        ++server_runs;
        return 0;
      },
  };
  return run_command_line(arguments, context);
}

}  // namespace durable_streams::cli
