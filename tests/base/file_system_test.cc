#include "base/file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace durable_streams {
namespace {

class PosixFileSystemTest : public ::testing::Test {
 protected:
  PosixFileSystemTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "file_system_test.XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~PosixFileSystemTest() override { std::filesystem::remove_all(directory_); }

  std::string path(const char* name) const { return directory_ + "/" + name; }
  std::unique_ptr<WritableFile> make(const char* name) {
    auto file = files_.open_writable(path(name), OpenMode::create);
    EXPECT_TRUE(file) << file.error().message();
    return std::move(*file);
  }
  static std::string read(const ReadableFile& file, uint64_t position, size_t size) {
    std::string bytes(size, '?');
    const auto got = file.read_at(position, bytes.data(), size);
    EXPECT_TRUE(got) << got.error().message();
    bytes.resize(got.value_or(0));
    return bytes;
  }
  static std::error_code code_of(int error_number) {
    return {error_number, std::system_category()};
  }

  FileSystem& files_ = posix_file_system();
  std::string directory_;
};

TEST_F(PosixFileSystemTest, PiecesAreWrittenOneBehindTheOther) {
  const auto file = make("a");
  std::string expected = "..";
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i)
    texts.push_back(std::string(static_cast<size_t>(i % 5), 'x'));
  std::vector<std::string_view> pieces(texts.begin(), texts.end());
  for (const std::string& text : texts)
    expected += text;
  const std::string_view dots = "..";
  ASSERT_TRUE(file->write_at(0, {&dots, 1}));
  ASSERT_TRUE(file->write_at(2, pieces));
  ASSERT_TRUE(file->sync());
  EXPECT_EQ(read(*file, 0, 1000), expected);
  EXPECT_EQ(read(*file, 1, 2), expected.substr(1, 2));
  EXPECT_EQ(read(*file, 5000, 10), "");
}

TEST_F(PosixFileSystemTest, FillZeroExtendsAndTruncateCuts) {
  const auto file = make("a");
  const std::string_view text = "text";
  ASSERT_TRUE(file->write_at(0, {&text, 1}));
  ASSERT_TRUE(file->fill_zero(3'000'000));
  EXPECT_EQ(*file->size(), 3'000'000u);
  EXPECT_EQ(read(*file, 0, 6), std::string("text\0\0", 6));
  EXPECT_EQ(read(*file, 2'999'999, 5), std::string(1, '\0'));
  ASSERT_TRUE(file->fill_zero(10));
  EXPECT_EQ(*file->size(), 3'000'000u);
  ASSERT_TRUE(file->truncate(2));
  EXPECT_EQ(read(*file, 0, 6), "te");
}

TEST_F(PosixFileSystemTest, CreatingAnExistingFileAndOpeningAMissingOneFail) {
  make("a");
  const auto again = files_.open_writable(path("a"), OpenMode::create);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, code_of(EEXIST));
  EXPECT_EQ(again.error().detail, "open " + path("a"));
  EXPECT_EQ(files_.open_writable(path("b"), OpenMode::read_write).error().code,
            code_of(ENOENT));
  EXPECT_EQ(files_.open_readable(path("b")).error().code, code_of(ENOENT));
  EXPECT_TRUE(files_.open_writable(path("a"), OpenMode::read_write));
}

TEST_F(PosixFileSystemTest, NamesAreListedRenamedAndRemoved) {
  for (const char* name : {"b", "c", "a"})
    make(name);
  EXPECT_THAT(*files_.list(directory_), ::testing::ElementsAre("a", "b", "c"));
  ASSERT_TRUE(files_.rename(path("a"), path("c")));
  ASSERT_TRUE(files_.remove(path("b")));
  ASSERT_TRUE(files_.sync_directory(directory_));
  EXPECT_THAT(*files_.list(directory_), ::testing::ElementsAre("c"));
  EXPECT_TRUE(*files_.exists(path("c")));
  EXPECT_FALSE(*files_.exists(path("a")));
  EXPECT_FALSE(files_.remove(path("a")));
  EXPECT_FALSE(files_.list(path("nothing")));
}

TEST_F(PosixFileSystemTest, ALinkIsASecondNameOfTheSameFile) {
  const auto file = make("a");
  ASSERT_TRUE(files_.link(path("a"), path("b")));
  const std::string_view text = "text";
  ASSERT_TRUE(file->write_at(0, {&text, 1}));
  ASSERT_TRUE(files_.remove(path("a")));
  EXPECT_EQ(read(**files_.open_writable(path("b"), OpenMode::read_write), 0, 4), text);
  make("c");
  EXPECT_EQ(files_.link(path("c"), path("b")).error().code, code_of(EEXIST));
  EXPECT_EQ(files_.link(path("a"), path("d")).error().code, code_of(ENOENT));
}

TEST_F(PosixFileSystemTest, DirectoriesAreMadeWithTheirParents) {
  ASSERT_TRUE(files_.create_directory(path("x/y/z")));
  ASSERT_TRUE(files_.create_directory(path("x/y/z")));
  EXPECT_TRUE(*files_.exists(path("x/y/z")));
}

TEST_F(PosixFileSystemTest, ALockIsExclusiveUntilItIsLetGo) {
  auto first = files_.try_lock(path("LOCK"));
  ASSERT_TRUE(first);
  ASSERT_TRUE(*first);
  EXPECT_FALSE(*files_.try_lock(path("LOCK")));
  first->reset();
  EXPECT_TRUE(*files_.try_lock(path("LOCK")));
}

}  // namespace
}  // namespace durable_streams
