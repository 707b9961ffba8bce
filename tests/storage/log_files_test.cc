#include "storage/log_files.h"

#include <gtest/gtest.h>

#include "counting_file_system.h"
#include "engine_driver.h"

namespace durable_streams::storage {
namespace {

class LogFilesTest : public ::testing::Test {
 protected:
  LogFilesTest() {
    for (uint32_t number = 1; number <= 5; ++number) {
      const std::string path = "f" + std::to_string(number);
      auto file = disk_.open_writable(path, OpenMode::create);
      const std::string_view content = path;
      EXPECT_TRUE((*file)->write_at(0, {&content, 1}));
      files_.add_sealed(number, number, path);
    }
  }
  std::string read(const OpenLogFile& file) {
    std::string bytes(2, '\0');
    EXPECT_TRUE(file.file->read_at(0, bytes.data(), bytes.size()));
    return bytes;
  }
  std::string read(uint32_t id) {
    const auto file = files_.open(id);
    if (!file) return file.error().message();
    return *file ? read(**file) : "retired";
  }

  CountingFileSystem disk_;
  LogFiles files_{disk_, 2};
};

TEST_F(LogFilesTest, OnlyTheFilesReadLastStayOpen) {
  for (uint32_t number = 1; number <= 5; ++number)
    EXPECT_EQ(read(number), "f" + std::to_string(number));
  EXPECT_EQ(disk_.open, 2u);
  read(4);
  read(5);
  EXPECT_EQ(disk_.opened, 5u);  // They were open.
  read(1);
  read(5);
  EXPECT_EQ(disk_.opened, 6u);  // 4 had to go for 1.
}

TEST_F(LogFilesTest, AFileThatIsHeldOutlivesEvictionAndRetirement) {
  const auto held = files_.open(1);
  read(2);
  read(3);
  files_.retire(1);
  ASSERT_TRUE(disk_.remove("f1"));
  EXPECT_EQ(read(**held), "f1");
  EXPECT_EQ(read(1), "retired");
}

TEST_F(LogFilesTest, APinnedFileIsReadWhateverTakesItsName) {
  ASSERT_TRUE(files_.pin(1));
  ASSERT_TRUE(disk_.rename("f2", "f1"));
  read(3);
  read(4);
  EXPECT_EQ(read(1), "f1");
}

TEST_F(LogFilesTest, WithoutDescriptorsThoseKeptAreGivenUp) {
  read(1);
  disk_.descriptors = 1;
  EXPECT_EQ(read(2), "f2");
  EXPECT_EQ(disk_.open, 1u);
  disk_.descriptors = 0;
  EXPECT_EQ(error_of(files_.open(3)), std::error_code(EMFILE, std::system_category()));
}

TEST_F(LogFilesTest, RunsHaveIdsOfTheirOwn) {
  const uint32_t one = files_.add_run("f1", 9);
  const uint32_t two = files_.add_run("f2", 9);
  EXPECT_NE(one, two);
  EXPECT_GE(one, first_run_id);
  EXPECT_EQ(read(two), "f2");
}

}  // namespace
}  // namespace durable_streams::storage
