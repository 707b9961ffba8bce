#include "server/config_reference.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "server/config_load.h"
#include "server/config_settings.h"

namespace durable_streams::server {
namespace {

const Environment empty_environment = [](const std::string&) { return std::nullopt; };

// Made anew by: durable-streams config --reference > docs/configuration.md
TEST(ConfigurationReference, IsWhatIsCommitted) {
  std::ifstream file(DURABLE_STREAMS_SOURCE_DIR "/docs/configuration.md");
  const std::string committed((std::istreambuf_iterator<char>(file)),
                              std::istreambuf_iterator<char>());
  EXPECT_EQ(committed, configuration_reference());
}

TEST(ConfigurationReference, NamesEverySetting) {
  const std::string text = configuration_reference();
  for (const Setting& setting : all_settings()) {
    EXPECT_NE(text.find("| `" + std::string(setting.path) + "` |"), std::string::npos)
        << setting.path;
  }
}

TEST(ConfigurationYaml, ReadsBackAsTheSameConfiguration) {
  const std::string text =
      "test:\n  bind: ['*', 10.0.0.1]\n  auth: {verify_key: 'a b\"c', issuer: "
      "'$${x}'}\n"
      "  internal: {port: 4438, allowed_ips: [10.0.0.0/8, '::1']}\n"
      "  storage: {data_dir: /d, long_poll_timeout: 1500ms}\n";
  const auto load = [](const std::string& yaml) {
    const YamlSettings settings =
        read_yaml_settings(yaml, "f.yml", "test", empty_environment);
    EXPECT_TRUE(settings.errors.empty());
    const LoadedConfig loaded = resolve_config(settings.given, empty_environment);
    EXPECT_TRUE(loaded.errors.empty());
    return loaded.config;
  };
  const ServerConfig config = load(text);
  const std::string shown = configuration_yaml(config, "test");
  const ServerConfig again = load(shown);
  EXPECT_EQ(configuration_yaml(again, "test"), shown);
  EXPECT_EQ(again.auth_issuer, "${x}");
  EXPECT_EQ(again.auth_verify_key, "a b\"c");
  EXPECT_EQ(again.internal_allowed_ips, config.internal_allowed_ips);
  EXPECT_EQ(again.bind, (std::vector<std::string>{"0.0.0.0", "::", "10.0.0.1"}));
}

}  // namespace
}  // namespace durable_streams::server
