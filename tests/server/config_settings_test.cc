#include "server/config_settings.h"

#include <gtest/gtest.h>

#include <set>

namespace durable_streams::server {
namespace {

TEST(Settings, HaveNamesOfTheirOwnAndADocumentedMeaning) {
  std::set<std::string_view> paths;
  std::set<std::string_view> flags;
  for (const Setting& setting : all_settings()) {
    EXPECT_TRUE(paths.insert(setting.path).second) << setting.path;
    EXPECT_TRUE(flags.insert(setting.flag).second) << setting.flag;
    EXPECT_TRUE(setting.flag.starts_with("--")) << setting.path;
    EXPECT_TRUE(setting.doc.ends_with(".")) << setting.path;
  }
}

TEST(Settings, WithoutADefaultToShowSayInWordsWhatHolds) {
  const ServerConfig fresh;
  for (const Setting& setting : all_settings()) {
    EXPECT_TRUE(!setting.default_note.empty() || !setting.show(fresh).empty())
        << setting.path;
  }
}

TEST(Settings, TakeBackWhatTheyShow) {
  const ServerConfig fresh;
  for (const Setting& setting : all_settings()) {
    const std::vector<std::string> shown = setting.show(fresh);
    if (shown.empty()) continue;
    ServerConfig config;
    EXPECT_EQ(setting.assign(config, shown), std::nullopt) << setting.path;
    EXPECT_EQ(setting.show(config), shown) << setting.path;
  }
}

TEST(Settings, LeaveTheConfigurationAloneOnABadValue) {
  ServerConfig config;
  const std::vector<std::string> bad = {"\x01"};
  for (const Setting& setting : all_settings()) {
    if (setting.path == "storage.max_file_handles") continue;  // Ignores its value.
    const auto before = setting.show(config);
    EXPECT_NE(setting.assign(config, bad), std::nullopt) << setting.path;
    EXPECT_EQ(setting.show(config), before) << setting.path;
  }
}

TEST(NearestSetting, FindsTyposAndWrongSections) {
  EXPECT_EQ(nearest_setting("storage.datadir"), "storage.data_dir");
  EXPECT_EQ(nearest_setting("data_dir"), "storage.data_dir");
  EXPECT_EQ(nearest_setting("prot"), "port");
  EXPECT_EQ(nearest_setting("auth.verify-key"), "auth.verify_key");
  EXPECT_EQ(nearest_setting("verify_key"), "auth.verify_key");
  EXPECT_EQ(nearest_setting("storage.long_poll_timout"), "storage.long_poll_timeout");
}

TEST(NearestSetting, IsNothingForAStrangersWord) {
  EXPECT_EQ(nearest_setting("completely_different"), "");
}

}  // namespace
}  // namespace durable_streams::server
