// What a simulated disk holds of a store.
#pragma once

#include <map>
#include <string>

#include "testing/simulated_file_system.h"

namespace durable_streams::storage {

// Contents by name, "log/0000000001.log".
using StoredFiles = std::map<std::string, std::string>;

inline StoredFiles stored_files(testing::SimulatedFileSystem& disk,
                                const std::string& data_dir) {
  StoredFiles files;
  for (const std::string part : {"log", "run"}) {
    const auto names = disk.list(data_dir + "/" + part);
    if (!names) continue;
    for (const std::string& name : *names)
      files[part + "/" + name] = disk.content(data_dir + "/" + part + "/" + name);
  }
  return files;
}

}  // namespace durable_streams::storage
